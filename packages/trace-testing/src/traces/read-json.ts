const LARGEST = 256_000_000;

/** The body of a response as JSON, or undefined if it is not JSON. Throws a `RangeError` on a body of more than 256 MB. */
export async function readJson(answer: Response): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body ?? []) {
    size += chunk.length;
    if (size > LARGEST) throw new RangeError(`the response of ${answer.url} is larger than ${LARGEST / 1e6} MB`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString()) as unknown;
  } catch {
    return undefined;
  }
}
