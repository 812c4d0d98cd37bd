import { Metadata, status } from '@grpc/grpc-js';
import { expect } from 'chai';
import { createErrorTranslator, type GrpcStatus } from '../../../adapters/grpc/errors.ts';
import { PlatformError, type ErrorCode } from '../../../core/errors.ts';

const translator = createErrorTranslator();

function received({ code, details, metadata }: GrpcStatus): Error {
  const error = new Error(`${String(code)} ${String(details)}`);
  return Object.assign(error, { code, details, metadata: metadata ?? new Metadata() });
}

describe('gRPC errors', () => {
  const codes: ErrorCode[] = [
    'invalid_argument',
    'not_found',
    'already_exists',
    'failed_precondition',
    'aborted',
  ];
  codes.push('resource_exhausted', 'permission_denied', 'unauthenticated', 'unimplemented', 'unavailable');
  codes.push('deadline_exceeded', 'cancelled', 'internal');

  for (const code of codes) {
    it(`carries ${code} there and back`, () => {
      const violations = [{ field: 'vpc.cidrs[0]', description: 'is not a range' }];
      const resource = { type: 'vpc', id: 'v1' };
      const sent = translator.toStatus(new PlatformError(code, 'größer als 100 %', { violations, resource }));
      const back = translator.fromServiceError(received(sent));
      expect(back).to.include({ code, message: 'größer als 100 %' });
      expect(back.violations).to.deep.equal(violations);
      expect(back.resource).to.deep.equal(resource);
    });
  }

  it('reads a status without details, or with details that cannot be read', () => {
    const metadata = new Metadata();
    expect(
      translator.fromServiceError(
        received({ code: status.OUT_OF_RANGE, details: 'far', metadata, name: '', message: '' }),
      ),
    ).to.include({ code: 'invalid_argument', message: 'far' });
    metadata.set('grpc-status-details-bin', Buffer.from([0xff, 0xff, 0xff]));
    expect(
      translator.fromServiceError(
        received({ code: status.DATA_LOSS, details: 'gone', metadata, name: '', message: '' }),
      ),
    ).to.include({ code: 'internal', message: 'gone' });
  });

  it('keeps the trailer small however much is wrong, and cuts no character in half', () => {
    const violations = Array.from({ length: 5000 }, (_, i) => ({
      field: `ports[${i}]`,
      description: 'is wrong',
    }));
    const sent = translator.toStatus(
      new PlatformError('invalid_argument', `x${'😀'.repeat(5000)}`, { violations }),
    );
    const [trailer] = sent.metadata?.get('grpc-status-details-bin') ?? [];
    expect(trailer?.length).to.be.lessThan(8000);
    expect(() => encodeURI(sent.details ?? '')).not.to.throw();
    const back = translator.fromServiceError(received(sent));
    expect(back.violations[0]?.field).to.equal('ports[0]');
  });
});
