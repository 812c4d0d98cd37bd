import { expect } from 'chai';
import { createLogger, type LogLevel } from '../../../adapters/process/logger.ts';
import { notFound, PlatformError } from '../../../core/errors.ts';

function collect(level: LogLevel) {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string) => {
    lines.push(JSON.parse(line) as Record<string, unknown>);
  };
  return { lines, logger: createLogger({ name: 'test', level, destination: { write } }) };
}

describe('logger', () => {
  it('writes a JSON line for each message, from its level on', () => {
    const { lines, logger } = collect('info');
    logger.debug('hidden');
    logger.child({ host: 'h1' }).info('joined', { vpc: 'v1' });
    logger.warn('slow');
    expect(lines).to.have.length(2);
    expect(lines[0]).to.include({ level: 'info', name: 'test', host: 'h1', vpc: 'v1', msg: 'joined' });
    expect(lines[0]?.['time']).to.match(/^\d{4}-\d\d-\d\dT/);
  });

  it('writes errors with code, stack and causes', () => {
    const { lines, logger } = collect('debug');
    const error = new PlatformError('unavailable', 'no store', {
      cause: new Error('refused', { cause: 'net' }),
    });
    logger.error('failed', { error });
    logger.error('failed', { reason: notFound('vpc', 'v1') });
    logger.error('failed', { error: new AggregateError([new Error('::1'), new Error('127.0.0.1')]) });
    const [first, second, third] = lines.map(
      (line) => (line['error'] ?? line['reason']) as Record<string, unknown>,
    );
    expect(first).to.include({ type: 'PlatformError', code: 'unavailable', message: 'no store' });
    expect(first?.['stack']).to.include('logger.test.ts');
    expect(first?.['cause']).to.include({ message: 'refused', cause: 'net' });
    expect(second?.['resource']).to.deep.equal({ type: 'vpc', id: 'v1' });
    expect(third?.['errors']).to.deep.equal(['Error: ::1', 'Error: 127.0.0.1']);
  });
});
