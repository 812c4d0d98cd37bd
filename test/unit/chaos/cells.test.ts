import { expect } from 'chai';
import { cellsOf } from '../../../chaos/model/cells.ts';
import type { StoredRecord } from '../../../core/store/port.ts';

const record = (key: StoredRecord['key'], body: object | undefined): StoredRecord => ({
  key,
  revision: 1,
  body: body && JSON.stringify(body),
});

describe('cellsOf', () => {
  it('tells the version of each resource by its name', () => {
    const records = [record('vpc/x', { name: 'v3' }), record('subnet/s', { name: 'v1' })];
    expect(cellsOf('x', records)).to.deep.equal(
      new Map([
        ['x vpc/x', 'v3'],
        ['x subnet/s', 'v1'],
      ]),
    );
  });

  it('tells where a port is active', () => {
    const bindings = [
      { hostId: 'a', state: 'inactive' },
      { hostId: 'b', state: 'active' },
    ];
    const records = [
      record('port/p', { name: 'v1', bindings }),
      record('port/q', { name: 'v2', bindings: bindings.slice(0, 1) }),
    ];
    expect(cellsOf('x', records)).to.deep.equal(
      new Map([
        ['x port/p', 'v1'],
        ['x binding/p', 'b'],
        ['x port/q', 'v2'],
        ['x binding/q', ''],
      ]),
    );
  });

  it('has a cell for each rule', () => {
    const records = [record('security-group/g', { name: 'v1', rules: [{ id: 'r' }, { id: 's' }] })];
    expect([...cellsOf('x', records).keys()]).to.deep.equal([
      'x security-group/g',
      'x rule/g/r',
      'x rule/g/s',
    ]);
  });

  it('has nothing of what was removed, nor of members and slots', () => {
    const records = [record('port/p', undefined), record('member/h', { hostId: 'h' })];
    expect(cellsOf('x', records)).to.deep.equal(new Map());
  });
});
