#!/usr/bin/env python3
"""PyTorch VAEs as users write them: tests/golden/state_dict/*.safetensors.

The module is that of PyTorch's own example (examples/vae/main.py): fc1, fc21 (mean), fc22 (log-variance),
fc3, fc4, ReLU between them, Bernoulli logits on top. A second one is in Sequentials, with more layers,
tanh and a Gaussian of unit variance. Each file is `module.state_dict()` as safetensors, and beside it
what the module says of some rows, in JSON, computed in float64.

    python3 scripts/golden/make_state_dict_golden.py     (Debian 12: apt install python3-torch, 1.13)
"""
import json
import pathlib
import struct

import torch
from torch import nn
from torch.nn import functional as F

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden" / "state_dict"


class ExampleVae(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(12, 9)
        self.fc21 = nn.Linear(9, 3)
        self.fc22 = nn.Linear(9, 3)
        self.fc3 = nn.Linear(3, 9)
        self.fc4 = nn.Linear(9, 12)

    def forward(self, x):
        h = F.relu(self.fc1(x))
        mean, log_var = self.fc21(h), self.fc22(h)
        return mean, log_var, self.fc4(F.relu(self.fc3(mean)))

    def cost(self, x, output):
        return F.binary_cross_entropy_with_logits(output, x, reduction="none").sum(1)


class SequentialVae(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(10, 8), nn.Tanh(), nn.Linear(8, 8), nn.Tanh())
        self.fc_var = nn.Linear(8, 2)
        self.fc_mu = nn.Linear(8, 2)
        self.decoder = nn.Sequential(
            nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 10)
        )

    def forward(self, x):
        h = self.encoder(x)
        mean = self.fc_mu(h)
        return mean, self.fc_var(h), self.decoder(mean)

    def cost(self, x, output):
        return -torch.distributions.Normal(output, 1.0).log_prob(x).sum(1)


def save(name, module, rows):
    state = {key: value.detach().float() for key, value in module.state_dict().items()}
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for key, value in state.items():
        raw = value.contiguous().numpy().tobytes()
        header[key] = {
            "dtype": "F32",
            "shape": list(value.shape),
            "data_offsets": [len(data), len(data) + len(raw)],
        }
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    (FOLDER / f"{name}.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)

    module = module.double()
    mean, log_var, output = module(rows)
    normal = torch.distributions.Normal(mean, torch.exp(0.5 * log_var))
    kl = torch.distributions.kl_divergence(
        normal, torch.distributions.Normal(torch.zeros_like(mean), torch.ones_like(mean))
    ).sum(1)
    golden = {
        "torch": torch.__version__,
        "rows": rows.tolist(),
        "mean": mean.tolist(),
        "logVar": log_var.tolist(),
        "score": (module.cost(rows, output) + kl).tolist(),
    }
    (FOLDER / f"{name}.json").write_text(json.dumps(golden) + "\n")


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(7)
    save("example", ExampleVae(), (torch.rand(5, 12) > 0.5).double())
    save("sequential", SequentialVae(), torch.randn(5, 10).float().double())


main()
