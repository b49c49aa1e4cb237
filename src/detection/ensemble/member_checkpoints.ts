/**
 * One place for the states of several runs, one after the other: a checkpoint file whose tensors are those of
 * the networks, `network.N` each, whole as their own runs wrote them. A network that is done is read back as it
 * is, the one in flight goes on, so that a fit that was killed ends with the bytes of one that was not.
 */
import type { Tensor } from "../../formats/safetensors.ts";
import { readModelFile, requireKind, writeModelFile } from "../../scoring/model_file.ts";
import type { CheckpointStore } from "../../training/checkpoint.ts";

export class MemberCheckpoints {
  readonly #store: CheckpointStore;
  readonly #states: Map<number, Uint8Array>;

  private constructor(store: CheckpointStore, states: Map<number, Uint8Array>) {
    this.#store = store;
    this.#states = states;
  }

  /**
   * With what the store holds.
   * @throws TypeError if that is of no such fit, SyntaxError if it is damaged
   */
  static async open(store: CheckpointStore): Promise<MemberCheckpoints> {
    const bytes = await store.read();
    return new MemberCheckpoints(store, bytes ? statesOf(bytes) : new Map());
  }

  /** Where one network keeps its state. */
  of(member: number): CheckpointStore {
    return {
      everySeconds: this.#store.everySeconds,
      read: () => Promise.resolve(this.#states.get(member)),
      write: (bytes) => {
        this.#states.set(member, bytes);
        return this.#store.write(this.#file());
      },
    };
  }

  #file(): Uint8Array {
    const tensors = [...this.#states].map(([member, data]): [string, Tensor] => [
      `network.${member}`,
      { dtype: "U8", shape: [data.length], data },
    ]);
    // As a run of one network says what it is of, for whoever opens the file as one.
    const metadata = { identity: { preset: "ensemble" } };
    return writeModelFile({ kind: "checkpoint", metadata, tensors: new Map(tensors) });
  }
}

function statesOf(bytes: Uint8Array): Map<number, Uint8Array> {
  const file = readModelFile(bytes);
  requireKind(file, ["checkpoint"]);
  return new Map([...file.tensors].map(([name, { data }]) => {
    const [, member] = /^network\.(\d+)$/.exec(name) ?? [];
    if (member === undefined || !(data instanceof Uint8Array)) {
      throw new TypeError("Cannot resume: the checkpoint was made with another preset");
    }
    return [Number(member), data];
  }));
}
