import { type UploadAnswer, upload } from '../support/upload.ts';

const boundary = 'e3b0c44298fc1c149afbf4c8996fb924';

/** Posts a form with the field `note` and the file `random.bin`, as a browser does. */
export function uploadMultipart(url: string, pieces: Iterable<Uint8Array>, size: number): Promise<UploadAnswer> {
  const head = Buffer.from(
    `--${boundary}\r\nContent-Disposition: form-data; name="note"\r\n\r\nbig\r\n` +
      `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="random.bin"\r\n` +
      'Content-Type: application/octet-stream\r\n\r\n',
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  function* body(): Iterable<Uint8Array> {
    yield head;
    yield* pieces;
    yield tail;
  }
  const type = `multipart/form-data; boundary=${boundary}`;
  return upload(url, type, body(), head.length + size + tail.length);
}
