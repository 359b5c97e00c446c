/**
 * Which bytes may be handed to another thread by transfer, which detaches them here.
 *
 * A protobuf `bytes` field is a view into the message it came in, behind the field's tag: the whole message can go when
 * the view fills it but for a few bytes. A small Buffer is a view into Node's shared 8 KiB pool and must be copied.
 */

/** Bytes of a buffer outside a view of it that do not speak against transferring the buffer. */
const TRANSFER_SLACK_BYTES = 256;

/** The ArrayBuffer of `bytes`, where there is (nearly) nothing else in it. */
export function ownBuffer({ buffer, byteLength }: Uint8Array): ArrayBuffer | undefined {
  const isOwn = buffer instanceof ArrayBuffer && buffer.byteLength - byteLength <= TRANSFER_SLACK_BYTES;
  return isOwn ? buffer : undefined;
}

/** `bytes` on an ArrayBuffer that can be transferred: its own where possible, else a copy. */
export function transferable(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return ownBuffer(bytes) === undefined ? new Uint8Array(bytes) : (bytes as Uint8Array<ArrayBuffer>);
}
