/** `elbow worker --db FILE` or `--nats URLS`: runs training and scoring jobs until Ctrl-C or SIGTERM. */
import { Command } from "npm:commander@15.1.0";
import { type Io, note } from "../io.ts";
import * as options from "../options.ts";
import {
  addStorageOptions,
  addWorkOptions,
  openStorage,
  startWork,
  type StorageOptions,
  type WorkOptions,
} from "../serve/storage.ts";

export function workerCommand(io: Io): Command {
  const command = new Command("worker").summary("run training and scoring jobs from a queue")
    .description(
      "Runs jobs from a queue until Ctrl-C; any number of workers can share it. Another worker resumes " +
        "an unfinished job from its last checkpoint. The queue is that of --db or --nats.",
    );
  addWorkOptions(
    addStorageOptions(command).option("--log", "write events as lines of JSON to standard error"),
  );
  return command.action(async (given: StorageOptions & WorkOptions) => {
    const storage = options.required(
      await openStorage(given),
      "--db <file> or --nats <urls>",
      command,
    );
    note(io, "waiting for jobs, Ctrl-C to stop");
    await startWork(storage, given, io.signal, io);
    await storage.queue.close();
  });
}
