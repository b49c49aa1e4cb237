#!/usr/bin/env python3
"""The recipe of bench/experiments/mnist.ts in PyTorch, on one thread: the same model, loss and test figure.

    python3 scripts/golden/mnist_torch.py [folder of IDX files] [seed]
"""
import gzip
import pathlib
import sys
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

EPOCHS, BATCH = 7, 128


def read_images(path):
    with gzip.open(path) as file:
        raw = file.read()
    pixels = np.frombuffer(raw, dtype=np.uint8, offset=16)
    return torch.from_numpy(pixels.reshape(-1, 784).astype(np.float32) / 255)


class Vae(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Linear(784, 400)
        self.mean, self.log_var = nn.Linear(400, 20), nn.Linear(400, 20)
        self.decoder, self.logits = nn.Linear(20, 400), nn.Linear(400, 784)

    def loss(self, x):
        """Sum over the rows of cross-entropy and KL, one draw of z per row."""
        hidden = F.relu(self.encoder(x))
        mean, log_var = self.mean(hidden), self.log_var(hidden)
        z = mean + torch.exp(0.5 * log_var) * torch.randn_like(mean)
        logits = self.logits(F.relu(self.decoder(z)))
        cross_entropy = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
        return cross_entropy - 0.5 * torch.sum(1 + log_var - mean**2 - log_var.exp())


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data/images-mnist")
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    train = read_images(folder / "train-images-idx3-ubyte.gz")
    test = read_images(folder / "t10k-images-idx3-ubyte.gz")
    vae = Vae()
    optimizer = torch.optim.Adam(vae.parameters(), lr=1e-3)
    start = time.perf_counter()
    for epoch in range(1, EPOCHS + 1):
        total = 0.0
        for rows in torch.randperm(len(train)).split(BATCH):
            optimizer.zero_grad()
            # The example sums over the batch; Adam does not see the factor, but for its epsilon.
            loss = vae.loss(train[rows])
            loss.backward()
            optimizer.step()
            total += loss.item()
        print(f"epoch {epoch}: train {total / len(train):.2f}", flush=True)
    seconds = time.perf_counter() - start
    with torch.no_grad():
        total = sum(vae.loss(rows).item() for rows in test.split(BATCH))
    print(f"test loss {total / len(test):.2f}, {seconds:.1f} s, PyTorch {torch.__version__}")


if __name__ == "__main__":
    main()
