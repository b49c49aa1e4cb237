#!/usr/bin/env python3
"""Golden values of small VAEs with richer posteriors and several latent layers, computed by PyTorch in
float64: tests/golden/posteriors/*.safetensors.

An independent route: a full covariance is torch.distributions.MultivariateNormal, a flow's density comes
from the determinant of its Jacobian by autograd, masks from the sets of inputs that units may see, a
ladder's product of Gaussians from their precisions.

    python3 scripts/golden/make_posterior_golden.py        (Debian 12: apt install python3-torch, 1.13)

A file holds, for B rows and K draws: x, noise or noise.0 and noise.1, parameter/<name> (F32, inputs), and
kl (where closed), logLikelihoods, logWeights, loss, reconstruction, gradient/<name> (F64). Metadata as in
golden_case.py.
"""
import math

import numpy as np
import torch
from torch.distributions import MultivariateNormal, Normal, kl_divergence
from torch.nn import functional as F

from golden_case import (
    ACTIVATIONS,
    deviation,
    elbo,
    float32,
    iwae,
    network,
    tensors_in_file,
    tensors_of,
    write_cases,
)

ROWS, INPUTS = 4, 6


def case(latent, objective, inference="bottomUp"):
    spec = {
        "inputs": INPUTS,
        "encoder": network([7], "tanh"),
        "decoder": network([8], "softplus"),
        "latent": latent,
        "inference": inference,
        "likelihood": {"type": "bernoulli"},
    }
    return {"spec": spec, "objective": objective}


def flow(*hidden):
    return {"type": "iaf", "hidden": list(hidden)}


TWO_LAYERS = [
    {"size": 4},
    {"size": 2, "encoder": network([5], "tanh"), "decoder": network([6], "tanh")},
]

CASES = {
    "full": case([{"size": 3, "posterior": "full"}], elbo(2, 0.7)),
    "full_iwae": case([{"size": 4, "posterior": "full"}], iwae(3, "standard")),
    "iaf": case([{"size": 4, "flows": [flow(6), flow(5, 5)]}], elbo(2, 1)),
    "iaf_full_iwae": case([{"size": 3, "posterior": "full", "flows": [flow(7)]}], iwae(3, "standard")),
    "two_layers": case(TWO_LAYERS, elbo(2, 1)),
    "two_layers_iwae": case(TWO_LAYERS, iwae(4, "standard")),
    "ladder_iwae": case(TWO_LAYERS, iwae(3, "standard"), "ladder"),
}


def is_seen(size, width, unit, i):
    """Whether hidden unit j of a masked network sees input i of those in order."""
    return i * width < width + unit * (size - 1)


def masks(size, width, is_reversed):
    place = [size - 1 - i if is_reversed else i for i in range(size)]
    seen = [{i for i in range(size) if is_seen(size, width, j, i)} for j in range(width)]
    table = lambda rows: torch.tensor(rows, dtype=torch.float64)
    return {
        "in": table([[float(place[i] in seen[j]) for j in range(width)] for i in range(size)]),
        "between": table([[float(a <= b) for b in range(width)] for a in range(width)]),
        "out": table(
            [[float(all(i < place[k] for i in seen[j])) for k in range(size)] for j in range(width)]
        ),
    }


class Model:
    def __init__(self, spec, parameters=None):
        """Without parameters it notes the shapes of those that it uses."""
        self.spec, self.p, self.shapes = spec, parameters, {}

    def parameter(self, name, rows, cols):
        self.shapes[name] = (rows, cols)
        return torch.zeros(rows, cols, dtype=torch.float64) if self.p is None else self.p[name]

    def dense(self, name, x, cols):
        weight = self.parameter(f"{name}.weight", x.shape[1], cols)
        return x @ weight + self.parameter(f"{name}.bias", 1, cols)

    def mlp(self, name, network, x):
        for i, width in enumerate(network["hidden"]):
            x = ACTIVATIONS[network["activation"]](self.dense(f"{name}.{i}", x, width))
        return x

    def heads(self, name, hidden, size):
        mean, log_var = self.dense(f"{name}.mean", hidden, size), self.dense(f"{name}.logVar", hidden, size)
        return mean, torch.exp(log_var / 2)

    def gaussian(self, name, layer, hidden, noise, samples):
        """Draws, their ln q, and the KL to N(0, I), per dimension or per row, of one latent layer."""
        size, rows = layer["size"], noise.shape[0]
        mean, deviation = self.heads(name, hidden, size)
        each = lambda value: value.repeat_interleave(samples, 0)
        if layer.get("posterior") != "full":
            q = Normal(mean, deviation)
            z = each(mean) + each(deviation) * noise
            kl = kl_divergence(q, Normal(torch.zeros_like(mean), torch.ones_like(mean)))
            return z, Normal(each(mean), each(deviation)).log_prob(z).sum(1), kl
        below = self.dense(f"{name}.lower", hidden, size * size).reshape(-1, size, size).tril(-1)
        root = below + torch.diag_embed(deviation)
        z = each(mean) + (each(root) @ noise[:, :, None])[:, :, 0]
        kl = kl_divergence(
            MultivariateNormal(mean, scale_tril=root),
            MultivariateNormal(torch.zeros_like(mean), torch.eye(size, dtype=mean.dtype)),
        )
        return z, MultivariateNormal(each(mean), scale_tril=each(root)).log_prob(z), kl[:, None]

    def iaf(self, name, widths, index, z, hidden):
        """One flow: Kingma et al. (2016), algorithm 1."""
        size, width = z.shape[1], widths[0]
        mask = {key: value.to(z.dtype) for key, value in masks(size, width, index % 2 == 1).items()}
        weight = lambda part, kind: self.parameter(f"{name}.{part}.weight", *mask[kind].shape) * mask[kind]
        bias = lambda part, cols: self.parameter(f"{name}.{part}.bias", 1, cols)
        h = torch.tanh(z @ weight("z", "in") + self.dense(f"{name}.row", hidden, width))
        for i in range(len(widths) - 1):
            h = torch.tanh(h @ weight(str(i), "between") + bias(str(i), width))
        gate = torch.sigmoid(h @ weight("gate", "out") + bias("gate", size))
        towards = h @ weight("mean", "out") + bias("mean", size)
        return gate * z + (1 - gate) * towards

    def through_flows(self, name, flows, z, hidden):
        for index, spec in enumerate(flows):
            z = self.iaf(f"{name}.flow{index}", spec["hidden"], index, z, hidden)
        return z

    def log_determinant(self, name, flows, z, hidden):
        """ln |det| of the Jacobian of all flows together, row by row."""
        rows = []
        for r in range(z.shape[0]):
            of_row = lambda row: self.through_flows(name, flows, row[None], hidden[r : r + 1])[0]
            jacobian = torch.autograd.functional.jacobian(of_row, z[r], create_graph=True)
            rows.append(torch.linalg.slogdet(jacobian)[1])
        return torch.stack(rows)

    def one_layer(self, x, noises, samples):
        (layer,) = self.spec["latent"]
        hidden = self.mlp("encoder", self.spec["encoder"], x)
        z, log_q, kl = self.gaussian("encoder", layer, hidden, noises["noise"], samples)
        flows = layer.get("flows", [])
        if flows:
            each = hidden.repeat_interleave(samples, 0)
            log_q = log_q - self.log_determinant("encoder", flows, z, each)
            z = self.through_flows("encoder", flows, z, each)
            kl = None
        return z, Normal(0.0, 1.0).log_prob(z).sum(1), log_q, kl

    def bottom_up(self, x, noises, samples):
        low, high = self.spec["latent"]
        hidden = self.mlp("encoder", self.spec["encoder"], x)
        z0, log_q0, _ = self.gaussian("encoder", low, hidden, noises["noise.0"], samples)
        hidden = self.mlp("encoder1", high["encoder"], z0)
        z1, log_q1, _ = self.gaussian("encoder1", high, hidden, noises["noise.1"], 1)
        return z0, self.log_prior(z0, z1), log_q0 + log_q1, None

    def ladder(self, x, noises, samples):
        low, high = self.spec["latent"]
        first = self.mlp("encoder", self.spec["encoder"], x)
        hidden = self.mlp("encoder1", high["encoder"], first)
        z1, log_q1, _ = self.gaussian("encoder1", high, hidden, noises["noise.1"], samples)
        prior_mean, prior_deviation = self.above(z1)
        mean, deviation = [v.repeat_interleave(samples, 0) for v in self.heads("encoder", first, low["size"])]
        precision = deviation**-2 + prior_deviation**-2
        centre = (mean * deviation**-2 + prior_mean * prior_deviation**-2) / precision
        q = Normal(centre, precision**-0.5)
        z0 = q.loc + q.scale * noises["noise.0"]
        return z0, self.log_prior(z0, z1), q.log_prob(z0).sum(1) + log_q1, None

    def above(self, z1):
        low, high = self.spec["latent"]
        return self.heads("decoder1", self.mlp("decoder1", high["decoder"], z1), low["size"])

    def log_prior(self, z0, z1):
        return Normal(*self.above(z1)).log_prob(z0).sum(1) + Normal(0.0, 1.0).log_prob(z1).sum(1)

    def forward(self, x, noises, objective):
        samples = objective["samples"]
        layers = len(self.spec["latent"])
        draw = self.one_layer if layers == 1 else getattr(
            self, {"bottomUp": "bottom_up", "ladder": "ladder"}[self.spec["inference"]]
        )
        z, log_prior, log_q, kl = draw(x, noises, samples)
        logits = self.dense("decoder.logits", self.mlp("decoder", self.spec["decoder"], z), INPUTS)
        target = x.repeat_interleave(samples, 0)
        log_likelihood = -F.binary_cross_entropy_with_logits(logits, target, reduction="none").sum(1)
        log_weights = (log_likelihood + log_prior - log_q).reshape(-1, samples)
        reconstruction = -log_likelihood.mean()
        if objective["type"] == "iwae":
            loss = -(torch.logsumexp(log_weights, 1) - math.log(samples)).mean()
        else:
            penalty = (log_q - log_prior).mean() if kl is None else kl.sum(1).mean()
            loss = reconstruction + objective["beta"] * penalty
        return {
            **({} if kl is None else {"kl": kl}),
            "logLikelihoods": log_likelihood.reshape(-1, samples),
            "logWeights": log_weights,
            "reconstruction": reconstruction.reshape(1, 1),
            "loss": loss.reshape(1, 1),
        }

    def gradients(self, x, noises, objective):
        for parameter in self.p.values():
            parameter.grad = None
        values = self.forward(x, noises, objective)
        values["loss"].backward()
        return values, {name: parameter.grad.clone() for name, parameter in self.p.items()}


def shapes_of(spec, objective):
    model = Model(spec)
    rows = ROWS * objective["samples"]
    sizes = [layer["size"] for layer in spec["latent"]]
    names = ["noise"] if len(sizes) == 1 else [f"noise.{i}" for i in range(len(sizes))]
    noises = {name: (rows, size) for name, size in zip(names, sizes)}
    zeros = {name: torch.zeros(*shape, dtype=torch.float64) for name, shape in noises.items()}
    model.forward(torch.zeros(ROWS, INPUTS, dtype=torch.float64), zeros, objective)
    return model.shapes, noises


def make(_name, recipe, seed):
    spec, objective = recipe["spec"], recipe["objective"]
    random = np.random.default_rng(seed)
    shapes, noise_shapes = shapes_of(spec, objective)
    scale = lambda shape: 1 / math.sqrt(shape[0]) if shape[0] > 1 else 0.3
    parameters = {key: float32(random.normal(size=shape) * scale(shape)) for key, shape in shapes.items()}
    x = np.round(random.random((ROWS, INPUTS)))
    noises = {key: float32(random.normal(size=shape)) for key, shape in noise_shapes.items()}

    def run(dtype):
        tensor = lambda values: torch.tensor(values, dtype=dtype)
        model = Model(spec, tensors_of(parameters, dtype))
        return model.gradients(tensor(x), {k: tensor(v) for k, v in noises.items()}, objective)

    values, gradients = run(torch.float64)
    _, single = run(torch.float32)
    inputs = {"x": x, **noises}
    return tensors_in_file(inputs, parameters, values, gradients), deviation(single, gradients)


if __name__ == "__main__":
    write_cases(__file__, "posteriors", CASES, make, first_seed=200)
