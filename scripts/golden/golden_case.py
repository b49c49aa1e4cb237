"""What the makers of golden models share: parts of a spec, and how a file is written.

A file holds the inputs and parameters (F32), the results and gradient/<name> (F64). Its metadata are the spec, the
objective, the optimizer, and the largest deviation of PyTorch's own float32 gradients, relative to the largest element
of the tensor.
"""
import json
import pathlib

import numpy as np
import torch
from torch.nn import functional as F

ACTIVATIONS = {
    "tanh": torch.tanh,
    "relu": torch.relu,
    "sigmoid": torch.sigmoid,
    "softplus": F.softplus,
    "elu": F.elu,
}


def network(hidden, activation):
    return {"hidden": hidden, "activation": activation}


def elbo(samples, beta):
    return {"type": "elbo", "beta": beta, "samples": samples}


def iwae(samples, estimator):
    return {"type": "iwae", "samples": samples, "estimator": estimator}


def float32(values):
    return values.astype(np.float32).astype(np.float64)


def tensors_of(parameters, dtype):
    return {
        name: torch.tensor(value, dtype=dtype, requires_grad=True)
        for name, value in parameters.items()
    }


def deviation(single, gradients):
    relative = lambda name: (single[name].double() - gradients[name]).abs().max() / gradients[name].abs().max()
    return max(relative(name).item() for name in gradients)


def tensors_in_file(inputs, parameters, values, gradients):
    return {
        **{name: value.astype(np.float32) for name, value in inputs.items()},
        **{f"parameter/{name}": value.astype(np.float32) for name, value in parameters.items()},
        **{name: value.detach().numpy() for name, value in values.items()},
        **named("gradient", gradients),
    }


def named(prefix, tensors):
    return {f"{prefix}/{name}": tensor.detach().numpy() for name, tensor in tensors.items()}


def write_cases(script, folder, cases, make, first_seed):
    """Writes tests/golden/<folder>/<case>.safetensors; make(name, recipe, seed) gives its tensors and deviation."""
    torch.set_num_threads(1)
    here = pathlib.Path(script).resolve()
    into = here.parents[2] / "tests" / "golden" / folder
    into.mkdir(parents=True, exist_ok=True)
    for seed, (name, recipe) in enumerate(cases.items(), first_seed):
        tensors, off = make(name, recipe, seed)
        metadata = {
            "source": f"scripts/golden/{here.name}, PyTorch {torch.__version__}, float64",
            "spec": json.dumps(recipe["spec"]),
            "objective": json.dumps(recipe["objective"]),
            "optimizer": json.dumps(recipe.get("optimizer", {"type": "adam"})),
            "float32Deviation": repr(off),
        }
        write_safetensors(into / f"{name}.safetensors", tensors, metadata)
        print(f"{name}: loss {tensors['loss'].item():.6f}, float32 off by {off:.2e}")


def write_safetensors(path, tensors, metadata):
    header, body = {"__metadata__": metadata}, b""
    for name, values in tensors.items():
        data = np.ascontiguousarray(values)
        dtype = {"float32": "F32", "float64": "F64"}[data.dtype.name]
        offsets = [len(body), len(body) + data.nbytes]
        header[name] = {"dtype": dtype, "shape": list(data.shape), "data_offsets": offsets}
        body += data.tobytes()
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + body)
