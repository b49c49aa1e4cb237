/**
 * Only the parameters of a model, for other programs:
 *
 *   safetensors  a PyTorch state_dict: `encoder.0.weight` [O, I] and `encoder.0.bias` [O], as nn.Linear stores them, so
 *                every weight is transposed; other parameters are unchanged
 *   NPZ          the library's own names and shapes: y = x · W + b, weights [I, O], biases [1, O]
 *
 * Both are float32. The spec, which says what the parameters mean, is in the safetensors metadata as "spec".
 */
import { encodeNpz } from "../formats/numpy/npz_encode.ts";
import { encode, type Tensor } from "../formats/safetensors/safetensors.ts";
import type { TrainedVae } from "../trained/trained_vae.ts";
import { transpose } from "./transpose.ts";

export function writeStateDict(model: TrainedVae): Uint8Array {
  const tensors = [...model.parameters()].map(([name, tensor]): [string, Tensor] => {
    const { shape: [rows, cols], data } = tensor;
    if (name.endsWith(".bias")) return [name, { dtype: "F32", shape: [cols], data }];
    if (!name.endsWith(".weight")) return [name, { dtype: "F32", shape: [rows, cols], data }];
    return [name, { dtype: "F32", shape: [cols, rows], data: transpose(tensor) }];
  });
  // safetensors.torch looks for "pt".
  return encode(new Map(tensors), { format: "pt", spec: JSON.stringify(model.spec) });
}

export function writeNpz(model: TrainedVae): Uint8Array {
  return encodeNpz(model.parameters());
}
