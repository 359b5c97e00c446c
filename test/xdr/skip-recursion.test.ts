import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { xdr } from '@stellar/stellar-base';
import { MAX_NESTING } from '../../workers/xdr/reader.js';
import { oracleType } from './oracle-types.js';
import { decoded, skipFunctions, skipped } from './verdicts.js';

describe('recursive types', () => {
  const voidValue = xdr.ScVal.scvVoid();
  const contract = xdr.ScAddress.scAddressTypeContract(Buffer.alloc(32) as unknown as xdr.Hash);
  const invocation = (subInvocations: xdr.SorobanAuthorizedInvocation[]) =>
    new xdr.SorobanAuthorizedInvocation({
      function: xdr.SorobanAuthorizedFunction.sorobanAuthorizedFunctionTypeContractFn(
        new xdr.InvokeContractArgs({ contractAddress: contract, functionName: 'f', args: [] }),
      ),
      subInvocations,
    });
  const quorumSet = (innerSets: xdr.ScpQuorumSet[]) =>
    new xdr.ScpQuorumSet({ threshold: 1, validators: [], innerSets });

  /** SorobanDelegateSignature, newer than stellar-base: address, signature, nested delegates. */
  const delegate = (...nestedDelegates: Buffer[]) =>
    Buffer.concat([
      contract.toXDR(),
      voidValue.toXDR(),
      Buffer.from([0, 0, 0, nestedDelegates.length]),
      ...nestedDelegates,
    ]);

  /** A value and the same value once more around it; the difference is what one level adds before and behind. */
  const nestings: [name: string, inner: Buffer, outer: Buffer][] = [
    ['ScVal', voidValue.toXDR(), xdr.ScVal.scvVec([voidValue]).toXDR()],
    ['ScVal', voidValue.toXDR(), xdr.ScVal.scvMap([new xdr.ScMapEntry({ key: voidValue, val: voidValue })]).toXDR()],
    [
      'ScVal',
      voidValue.toXDR(),
      xdr.ScVal.scvContractInstance(
        new xdr.ScContractInstance({
          executable: xdr.ContractExecutable.contractExecutableStellarAsset(),
          storage: [new xdr.ScMapEntry({ key: voidValue, val: voidValue })],
        }),
      ).toXDR(),
    ],
    [
      'ClaimPredicate',
      xdr.ClaimPredicate.claimPredicateUnconditional().toXDR(),
      xdr.ClaimPredicate.claimPredicateNot(xdr.ClaimPredicate.claimPredicateUnconditional()).toXDR(),
    ],
    ['SorobanAuthorizedInvocation', invocation([]).toXDR(), invocation([invocation([])]).toXDR()],
    ['ScpQuorumSet', quorumSet([]).toXDR(), quorumSet([quorumSet([])]).toXDR()],
    ['SorobanDelegateSignature', delegate(), delegate(delegate())],
  ];

  /** `levels` values in one another. The inner value stands at the end of the outer one in all of {@link nestings}. */
  function nested(inner: Buffer, outer: Buffer, levels: number): Buffer {
    const before = outer.subarray(0, outer.length - inner.length);
    assert.deepEqual(Buffer.concat([before, inner]), outer);
    return Buffer.concat([...Array.from({ length: levels - 1 }, () => before), inner]);
  }

  for (const [index, [name, inner, outer]] of nestings.entries()) {
    const skip = skipFunctions.get(name)!;

    test(`${name} (form ${index}) nested 30 levels, which stellar-base can check, is passed`, () => {
      const bytes = nested(inner, outer, 30);
      if (oracleType(name) !== undefined) assert.equal(decoded(name, bytes), undefined);
      assert.equal(skipped(skip, bytes), undefined);
    });

    test(`${name} (form ${index}) may be nested ${MAX_NESTING} levels, more than a Soroban host makes, but not one more`, () => {
      assert.equal(skipped(skip, nested(inner, outer, 500)), undefined);
      assert.equal(skipped(skip, nested(inner, outer, MAX_NESTING)), undefined);
      assert.match(skipped(skip, nested(inner, outer, MAX_NESTING + 1))!, /nested deeper/);
    });

    test(`${name} (form ${index}) nested 100,000 levels is an error that says so, not a stack overflow`, () => {
      assert.match(skipped(skip, nested(inner, outer, 100_000))!, /nested deeper/);
    });
  }
});
