/** A server of the Open Inference Protocol v2 under test, and requests that its metadata allows. */
import assert from "node:assert/strict";
import { type Answer, type Metadata, product, type Tensor } from "./tensors.ts";

/** The server under test. */
export interface Target {
  /** Without a slash at its end. */
  readonly baseUrl: string;
  /** The name of a model. */
  readonly model: string;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Replaces the network. */
  readonly fetch?: (url: string, init?: RequestInit) => Response | Promise<Response>;
}

/** Sends requests, and knows the model's metadata. */
export class Server {
  readonly model: string;
  readonly #target: Target;

  constructor(target: Target) {
    this.#target = target;
    this.model = `/v2/models/${encodeURIComponent(target.model)}`;
  }

  get modelName(): string {
    return this.#target.model;
  }

  async ask(path: string, init: RequestInit = {}): Promise<Response> {
    const { baseUrl, headers = {}, fetch: ask = fetch } = this.#target;
    return await ask(baseUrl + path, { ...init, headers: { ...headers, ...init.headers } });
  }

  async json<Value>(path: string): Promise<Value> {
    const response = await this.ask(path);
    assert.equal(response.status, 200, `GET ${path}`);
    assert.match(response.headers.get("content-type") ?? "", /^application\/json/);
    return await response.json();
  }

  metadata(): Promise<Metadata> {
    return this.json(this.model);
  }

  post(path: string, body: unknown): Promise<Response> {
    const headers = { "content-type": "application/json" };
    return this.ask(path, { method: "POST", headers, body: JSON.stringify(body) });
  }

  async infer(body: unknown, path = `${this.model}/infer`): Promise<Answer> {
    const response = await this.post(path, body);
    assert.equal(response.status, 200, await response.clone().text());
    return await response.json();
  }

  /** The model's inputs with numbers near 0.5. */
  async inputs(): Promise<Required<Pick<Tensor, "name" | "datatype" | "shape" | "data">>[]> {
    return (await this.metadata()).inputs.map(({ name, datatype, shape }) => {
      assert.match(datatype, /^FP(32|64)$/, "this suite fills floating-point inputs");
      const sizes = shape.map((size) => size === -1 ? 2 : size);
      // Multiples of 1/64 are the same in any floating-point type.
      const data = Array.from({ length: product(sizes) }, (_, i) => 0.5 + (i % 13) / 64);
      return { name, datatype, shape: sizes, data };
    });
  }
}
