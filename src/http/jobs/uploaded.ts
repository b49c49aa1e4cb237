/** The upload that a job names. */
import type { JobQueue } from "../../storage/job_queue.ts";
import { invalid } from "../answers/problems.ts";
import type { Call } from "../exchange/call.ts";

/** What a caller uploaded under this name. @throws Problem if there is no such upload */
export async function readUpload(
  { caller }: Call,
  { uploads }: JobQueue,
  name: string,
): Promise<Uint8Array> {
  const bytes = await uploads.read(caller, name);
  if (bytes) return bytes;
  throw invalid("/upload", "Cannot read upload: no upload has this name");
}

/** @throws Problem for a format whose files never start with a header line, if this one is said to have none */
export function requireHeaderless(header: boolean | undefined, upload: string): void {
  if (header !== false || /\.[ct]sv$/i.test(upload)) return;
  throw invalid("/header", "Cannot read upload: only CSV and TSV can be without a header line");
}
