/** Where a data lake is, as plain values that cross to the threads which fetch from it. */

export interface FolderLocation {
  readonly kind: 'folder';
  readonly path: string;
}

/** S3, or what speaks its protocol. */
export interface BucketLocation {
  readonly kind: 'bucket';
  readonly bucket: string;
  /** Of the lake in the bucket: empty, or with a slash at its end. */
  readonly prefix: string;
  readonly region: string;
  /** Of a server other than Amazon's; objects are then addressed by path. */
  readonly endpoint?: string;
  /**
   * How requests are signed: not at all, as the AWS client finds credentials (environment, profile, role), or with a key
   * pair: also the HMAC keys by which Google Cloud Storage speaks S3.
   */
  readonly access: 'unsigned' | 'found' | KeyPair;
}

export interface KeyPair {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export type LakeLocation = FolderLocation | BucketLocation;
