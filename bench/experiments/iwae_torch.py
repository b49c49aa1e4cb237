"""The one-layer model of "Importance Weighted Autoencoders" (Burda et al., 2016) in PyTorch, float32.

784-200-200-50 and back, tanh, dynamic binarisation, Adam (eps 1e-4), batches of 20, learning rate
1e-3 * 10^(-i/7) for 3^i epochs, i = 0 .. stages-1; weights Glorot uniform, output bias from the pixel
means. Prints the NLL of the test images by 5,000 importance samples. The counterpart of
bench/experiments/iwae.ts: same recipe, same budget, same binarisation of the test images.

    python3 bench/experiments/iwae_torch.py FOLDER --objective vae|iwae --k 5 --stages 4 --seed 1
"""
import argparse
import gzip
import math
import time

import numpy as np
import torch

parser = argparse.ArgumentParser()
parser.add_argument("folder")
parser.add_argument("--objective", choices=["vae", "iwae"], default="iwae")
parser.add_argument("--k", type=int, default=1)
parser.add_argument("--stages", type=int, default=4)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--samples", type=int, default=5000)
parser.add_argument("--tested", type=int, default=10000)
arguments = parser.parse_args()
torch.manual_seed(arguments.seed)
torch.set_num_threads(1)

VALIDATION = 400
BATCH = 20


def images(name):
    with gzip.open(f"{arguments.folder}/{name}-images-idx3-ubyte.gz") as file:
        pixels = np.frombuffer(file.read(), np.uint8, offset=16)
    return pixels.reshape(-1, 784).astype(np.float32) / 255


def weyl(count):
    """Uniform numbers that are the same in any language: the fractional parts of i / 2^32 * 2654435761."""
    return ((np.arange(count, dtype=np.uint64) * 2654435761) % 2**32).astype(np.float64) / 2**32


grey = images("train")
train = torch.from_numpy(grey[: len(grey) - VALIDATION].copy())
grey_test = images("t10k")
test = torch.from_numpy((weyl(grey_test.size).reshape(grey_test.shape) < grey_test).astype(np.float32))


def layer(inputs, outputs):
    linear = torch.nn.Linear(inputs, outputs)
    torch.nn.init.xavier_uniform_(linear.weight)
    torch.nn.init.zeros_(linear.bias)
    return linear


encoder = torch.nn.Sequential(layer(784, 200), torch.nn.Tanh(), layer(200, 200), torch.nn.Tanh())
mean, log_var = layer(200, 50), layer(200, 50)
decoder = torch.nn.Sequential(
    layer(50, 200), torch.nn.Tanh(), layer(200, 200), torch.nn.Tanh(), layer(200, 784)
)
pixel_means = train.mean(0).clamp(0.001, 0.999)
decoder[-1].bias.data = torch.log(pixel_means / (1 - pixel_means))
parameters = [p for part in (encoder, mean, log_var, decoder) for p in part.parameters()]
optimizer = torch.optim.Adam(parameters, lr=1e-3, eps=1e-4)


def log_weights(x, k):
    """ln w [B, K] of k draws for each row of x [B, 784]."""
    hidden = encoder(x)
    mu, lv = mean(hidden), log_var(hidden)
    eps = torch.randn(x.shape[0], k, 50)
    z = mu[:, None] + torch.exp(0.5 * lv)[:, None] * eps
    logits = decoder(z.reshape(-1, 50)).reshape(x.shape[0], k, 784)
    log_px = (x[:, None] * logits - torch.nn.functional.softplus(logits)).sum(2)
    log_ratio = 0.5 * (eps**2 + lv[:, None] - z**2).sum(2)
    return log_px + log_ratio


start = time.time()
for stage in range(arguments.stages):
    for group in optimizer.param_groups:
        group["lr"] = 1e-3 * 10 ** (-stage / 7)
    for epoch in range(3**stage):
        total = 0.0
        for rows in torch.randperm(len(train)).split(BATCH):
            grey_rows = train[rows]
            weights = log_weights((torch.rand_like(grey_rows) < grey_rows).float(), arguments.k)
            if arguments.objective == "iwae":
                bound = torch.logsumexp(weights, 1).mean() - math.log(arguments.k)
            else:
                bound = weights.mean()
            optimizer.zero_grad()
            (-bound).backward()
            optimizer.step()
            total += bound.item() * len(rows)
        print(
            f"stage {stage} epoch {epoch + 1} of {3**stage}: bound {total / len(train):.3f}, "
            f"{time.time() - start:.0f} s",
            flush=True,
        )

CHUNK = 50
with torch.no_grad():
    nll, units = [], []
    for rows in test[: arguments.tested].split(BATCH):
        chunks = [log_weights(rows, CHUNK) for _ in range(arguments.samples // CHUNK)]
        joined = torch.cat(chunks, 1)
        nll.append(math.log(joined.shape[1]) - torch.logsumexp(joined.double(), 1))
        units.append(mean(encoder(rows)))
    active = int((torch.cat(units).var(0) > 0.01).sum())
nll = torch.cat(nll)
print(
    f"PyTorch {torch.__version__} {arguments.objective} k={arguments.k} seed {arguments.seed}: "
    f"NLL {nll.mean():.3f} (s.e. {nll.std() / math.sqrt(len(nll)):.3f}), {active} active units, "
    f"{time.time() - start:.0f} s"
)
