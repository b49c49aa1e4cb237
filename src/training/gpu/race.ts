/**
 * How long a step takes on the GPU and on the host, milliseconds: the least time that was seen of each. Compiling is no
 * part of it, as a first submit is slower than those after it. The clock decides where steps are taken and how often they
 * are compared, never what they give.
 */

/** The submit that decides: the first one compiles. */
const DECIDING = 2;

export class Race {
  readonly #clock: () => number;
  readonly #mayLeave: boolean;
  #host = Infinity;
  #gpu = Infinity;
  #submits = 0;
  #lastReceived = -Infinity;
  #whySlower?: string;

  /**
   * @param clock steady, milliseconds
   * @param mayLeave whether the GPU is used only if it is faster than the host
   */
  constructor(clock: () => number, mayLeave: boolean) {
    this.#clock = clock;
    this.#mayLeave = mayLeave;
  }

  now(): number {
    return this.#clock();
  }

  /** Why the run should go on on the host, if it should: by its second submit the GPU was no faster. */
  get whySlower(): string | undefined {
    return this.#whySlower;
  }

  /** The time of so many steps of the host, in that of one step of the GPU; 0 as long as one is not known. */
  costOf(hostSteps: number): number {
    const cost = hostSteps * this.#host / this.#gpu;
    return Number.isFinite(cost) ? cost : 0;
  }

  /** The host took so many steps since then. */
  hostTook(steps: number, since: number): void {
    this.#host = Math.min(this.#host, (this.#clock() - since) / steps);
  }

  /** A submit of so many steps, sent then, was received just now. The GPU began it once it had done the one before. */
  gpuTook(steps: number, sentAt: number): void {
    const now = this.#clock(), took = (now - Math.max(sentAt, this.#lastReceived)) / steps;
    this.#lastReceived = now;
    this.#gpu = Math.min(this.#gpu, took);
    if (++this.#submits !== DECIDING || !this.#mayLeave || took < this.#host) return;
    const [gpu, host] = [took, this.#host].map((each) => each.toPrecision(3));
    this.#whySlower = `a step took ${gpu} ms there, ${host} ms on the host`;
  }
}
