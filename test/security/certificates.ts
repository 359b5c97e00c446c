/**
 * Certificates made on the spot, as DER says it (X.690, RFC 5280), for tests only: authorities and what they sign.
 *
 *   Certificate     SEQUENCE { TBSCertificate, AlgorithmIdentifier, BIT STRING signature }
 *   TBSCertificate  SEQUENCE { [0] version, serial, algorithm, issuer, validity, subject, public key, [3] extensions }
 */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

export interface TestCertificate {
  /** PEM. */
  readonly cert: Buffer;
  readonly key: Buffer;
}

const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT_ID = 0x06;
const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const SEQUENCE = 0x30;
const SET = 0x31;
const BOOLEAN = 0x01;

/** ecdsa-with-SHA256, 1.2.840.10045.4.3.2 */
const ALGORITHM = der(SEQUENCE, der(OBJECT_ID, Buffer.from('2a8648ce3d040302', 'hex')));
const COMMON_NAME = Buffer.from('550403', 'hex');
const BASIC_CONSTRAINTS = Buffer.from('551d13', 'hex');
const SUBJECT_ALT_NAME = Buffer.from('551d11', 'hex');

export class TestAuthority {
  readonly own: TestCertificate;
  private readonly name: string;
  private readonly signingKey: KeyObject;

  constructor(name: string) {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.name = name;
    this.signingKey = privateKey;
    this.own = { cert: this.certificate(name, publicKey, true, '490101000000Z'), key: pem(privateKey) };
  }

  /** A certificate for `name` and 127.0.0.1, for servers and clients alike. */
  issue(name: string, { expired = false } = {}): TestCertificate {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const notAfter = expired ? '210101000000Z' : '490101000000Z';
    return { cert: this.certificate(name, publicKey, false, notAfter), key: pem(privateKey) };
  }

  private certificate(subject: string, publicKey: KeyObject, isAuthority: boolean, notAfter: string): Buffer {
    const extensions = [
      der(
        SEQUENCE,
        der(OBJECT_ID, BASIC_CONSTRAINTS),
        der(BOOLEAN, Buffer.of(0xff)),
        der(OCTET_STRING, der(SEQUENCE, ...(isAuthority ? [der(BOOLEAN, Buffer.of(0xff))] : []))),
      ),
      der(
        SEQUENCE,
        der(OBJECT_ID, SUBJECT_ALT_NAME),
        // GeneralName: [2] dNSName, [7] iPAddress
        der(OCTET_STRING, der(SEQUENCE, der(0x82, Buffer.from(subject)), der(0x87, Buffer.of(127, 0, 0, 1)))),
      ),
    ];
    const tbs = der(
      SEQUENCE,
      der(0xa0, der(INTEGER, Buffer.of(2))),
      der(INTEGER, Buffer.concat([Buffer.of(1), randomBytes(8)])),
      ALGORITHM,
      nameOf(this.name),
      der(SEQUENCE, der(UTC_TIME, Buffer.from('200101000000Z')), der(UTC_TIME, Buffer.from(notAfter))),
      nameOf(subject),
      publicKey.export({ format: 'der', type: 'spki' }),
      der(0xa3, der(SEQUENCE, ...extensions)),
    );
    const signature = Buffer.concat([Buffer.of(0), sign('sha256', tbs, this.signingKey)]);
    const encoded = der(SEQUENCE, tbs, ALGORITHM, der(BIT_STRING, signature)).toString('base64');
    const lines = encoded.match(/.{1,64}/g)!.join('\n');
    return Buffer.from(`-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`);
  }
}

function nameOf(commonName: string): Buffer {
  const attribute = der(SEQUENCE, der(OBJECT_ID, COMMON_NAME), der(UTF8_STRING, Buffer.from(commonName)));
  return der(SEQUENCE, der(SET, attribute));
}

function der(tag: number, ...contents: Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const length = content.length;
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...head), content]);
}

function pem(key: KeyObject): Buffer {
  return Buffer.from(key.export({ format: 'pem', type: 'pkcs8' }));
}
