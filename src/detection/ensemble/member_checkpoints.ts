/**
 * Stores the states of several consecutive runs in one checkpoint file, whose tensors `network.N` are the checkpoints
 * of the networks as their own runs wrote them. On resuming, finished networks are read back and the current one
 * continues, so a fit that was killed ends with the same bytes as one that was not
 * (docs/adr/0038-checkpoints-of-an-ensemble.md).
 */
import type { Tensor } from "../../formats/safetensors/safetensors.ts";
import {
  type ModelFile,
  readModelFile,
  requireKind,
  writeModelFile,
} from "../../trained/file/model_file.ts";
import {
  type CheckpointStore,
  requireIdentity,
  type RunIdentity,
} from "../../training/run/checkpoint.ts";

export class MemberCheckpoints {
  readonly #store: CheckpointStore;
  readonly #identity: RunIdentity;
  readonly #states: Map<number, Uint8Array>;

  private constructor(
    store: CheckpointStore,
    identity: RunIdentity,
    states: Map<number, Uint8Array>,
  ) {
    this.#store = store;
    this.#identity = identity;
    this.#states = states;
  }

  /**
   * Opens a store with whatever it holds. Each network's own run compares its options with the checkpoint.
   * @param identity what the networks have in common
   * @throws ResumeError if the store holds another fit, ModelFileError if it is damaged
   */
  static async open(store: CheckpointStore, identity: RunIdentity): Promise<MemberCheckpoints> {
    const bytes = await store.read();
    if (!bytes) return new MemberCheckpoints(store, identity, new Map());
    const file = readModelFile(bytes);
    requireKind(file, ["checkpoint"]);
    requireIdentity(identity, file.metadata.identity as RunIdentity);
    return new MemberCheckpoints(store, identity, statesOf(file));
  }

  /** The checkpoint store of one network. */
  of(network: number): CheckpointStore {
    const { everySeconds } = this.#store;
    return {
      ...(everySeconds !== undefined && { everySeconds }),
      read: () => Promise.resolve(this.#states.get(network)),
      write: (bytes) => {
        this.#states.set(network, bytes);
        return this.#store.write(this.#file());
      },
    };
  }

  #file(): Uint8Array {
    const tensors = [...this.#states].map(([network, data]): [string, Tensor] => [
      `${NETWORK}${network}`,
      { dtype: "U8", shape: [data.length], data },
    ]);
    const metadata = { identity: this.#identity };
    return writeModelFile({ kind: "checkpoint", metadata, tensors: new Map(tensors) });
  }
}

const NETWORK = "network.";

/** The checkpoints in such a file, by network; empty for the file of a single run. */
export function statesOf({ tensors }: ModelFile): Map<number, Uint8Array> {
  const states = [...tensors].filter(([name]) => name.startsWith(NETWORK)).map((
    [name, { data }],
  ): [number, Uint8Array] => [Number(name.slice(NETWORK.length)), data as Uint8Array]);
  return new Map(states.sort(([a], [b]) => a - b));
}
