"""The PyTorch source of attention within windows, which PyTorch lacks.

Each computes in torchvision's order of operations, so that results agree to the bit with its Swin and MaxViT networks.
"""

from __future__ import annotations

from archspec.ir.records import TorchHelper

RELATIVE_POSITIONS = TorchHelper(
    "relative_positions",
    '''def relative_positions(size: int) -> Tensor:
    """Number how each two positions of a window of size x size lie to each other."""
    rows = torch.arange(size).repeat_interleave(size)
    columns = torch.arange(size).repeat(size)
    down = rows[:, None] - rows + size - 1
    right = columns[:, None] - columns + size - 1
    return down * (2 * size - 1) + right
''',
)

WINDOW_MASK = TorchHelper(
    "window_mask",
    '''def window_mask(x: Tensor, size: int, down: int, right: int) -> Tensor:
    """Keep apart what only shares a window because a map (N, H, W, C) was shifted."""
    height, width = x.shape[1], x.shape[2]
    row = torch.arange(height, device=x.device)
    column = torch.arange(width, device=x.device)
    row = (row >= height - size).long() + (row >= height - down).long()
    column = (column >= width - size).long() + (column >= width - right).long()
    region = 3 * row[:, None] + column
    region = region.view(height // size, size, width // size, size)
    region = region.transpose(1, 2).reshape(-1, size * size)
    differ = region[:, None, :] != region[:, :, None]
    return torch.zeros(differ.shape, dtype=x.dtype, device=x.device).masked_fill(
        differ, -100.0
    )
''',
)

WINDOW_ATTENTION = TorchHelper(
    "WindowAttention",
    '''class WindowAttention(nn.Module):
    """Attention within windows of a map (N, H, W, C), which may be shifted (Swin)."""

    relative_position_index: Tensor

    def __init__(
        self, features: int, num_heads: int, window_size: int, shift_size: int = 0
    ) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.window_size = window_size
        self.shift_size = shift_size
        self.qkv = nn.Linear(features, 3 * features)
        self.proj = nn.Linear(features, features)
        self.add_positions()
        index = relative_positions(window_size).flatten()
        self.register_buffer("relative_position_index", index)

    def add_positions(self) -> None:
        table = torch.empty((2 * self.window_size - 1) ** 2, self.num_heads)
        nn.init.trunc_normal_(table, std=0.02)
        self.relative_position_bias_table = nn.Parameter(table)

    def position_bias(self) -> Tensor:
        return self.by_heads(self.relative_position_bias_table)

    def by_heads(self, table: Tensor) -> Tensor:
        length = self.window_size * self.window_size
        bias = table[self.relative_position_index].view(length, length, -1)
        return bias.permute(2, 0, 1).contiguous().unsqueeze(0)

    def project(self, x: Tensor) -> Tensor:
        return self.qkv(x)

    def scores(self, query: Tensor, key: Tensor) -> Tensor:
        query = query * query.shape[-1] ** -0.5
        return query.matmul(key.transpose(-2, -1))

    def forward(self, x: Tensor) -> Tensor:
        size = self.window_size
        height, width, features = x.shape[1], x.shape[2], x.shape[3]
        x = F.pad(
            x, (0, 0, 0, (size - width % size) % size, 0, (size - height % size) % size)
        )
        rows, columns = x.shape[1] // size, x.shape[2] // size
        # One window along an axis sees all of it, so there is nothing to shift.
        down = self.shift_size if rows > 1 else 0
        right = self.shift_size if columns > 1 else 0
        shifted = x.roll((-down, -right), (1, 2))
        windows = shifted.view(-1, rows, size, columns, size, features).transpose(2, 3)
        windows = windows.reshape(-1, size * size, features)
        qkv = self.project(windows)
        qkv = qkv.view(-1, size * size, 3, self.num_heads, features // self.num_heads)
        query, key, value = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        scores = self.scores(query, key) + self.position_bias()
        if down + right > 0:
            mask = window_mask(x, size, down, right)
            scores = scores.unflatten(0, (-1, rows * columns)) + mask[:, None]
            scores = scores.flatten(0, 1)
        out = F.softmax(scores, -1).matmul(value).transpose(1, 2).reshape(windows.shape)
        out = (
            self.proj(out).view(-1, rows, columns, size, size, features).transpose(2, 3)
        )
        out = out.reshape(x.shape).roll((down, right), (1, 2))
        return out[:, :height, :width].contiguous()
''',
)

COSINE_WINDOW_ATTENTION = TorchHelper(
    "CosineWindowAttention",
    '''class CosineWindowAttention(WindowAttention):
    """Window attention by angles, with positions through a small network (Swin v2)."""

    relative_coords_table: Tensor

    def __init__(
        self, features: int, num_heads: int, window_size: int, shift_size: int = 0
    ) -> None:
        super().__init__(features, num_heads, window_size, shift_size)
        self.logit_scale = nn.Parameter(torch.log(10 * torch.ones(num_heads, 1, 1)))
        self.cpb_mlp = nn.Sequential(
            nn.Linear(2, 512),
            nn.ReLU(inplace=True),
            nn.Linear(512, num_heads, bias=False),
        )

    def add_positions(self) -> None:
        size = self.window_size
        place = torch.arange(1 - size, size, dtype=torch.float32) / (size - 1) * 8
        place = torch.sign(place) * torch.log2(torch.abs(place) + 1.0) / 3.0
        table = torch.stack(torch.meshgrid(place, place, indexing="ij"), -1)
        self.register_buffer("relative_coords_table", table.unsqueeze(0))

    def position_bias(self) -> Tensor:
        table = self.cpb_mlp(self.relative_coords_table).view(-1, self.num_heads)
        return 16 * torch.sigmoid(self.by_heads(table))

    def project(self, x: Tensor) -> Tensor:
        query, key, value = self.qkv.bias.chunk(3)
        bias = torch.cat([query, torch.zeros_like(key), value])
        return F.linear(x, self.qkv.weight, bias)

    def scores(self, query: Tensor, key: Tensor) -> Tensor:
        cosine = F.normalize(query, dim=-1) @ F.normalize(key, dim=-1).transpose(-2, -1)
        return cosine * torch.clamp(self.logit_scale, max=math.log(100.0)).exp()
''',
)

RELATIVE_ATTENTION = TorchHelper(
    "RelativeAttention",
    '''class RelativeAttention(nn.Module):
    """Attention within windows (N, windows, size * size, C), aware of positions (MaxViT)."""

    relative_position_index: Tensor

    def __init__(self, features: int, num_heads: int, window_size: int) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.scale = features**-0.5
        self.to_qkv = nn.Linear(features, 3 * features)
        self.merge = nn.Linear(features, features)
        table = torch.empty((2 * window_size - 1) ** 2, num_heads)
        nn.init.trunc_normal_(table, std=0.02)
        self.relative_position_bias_table = nn.Parameter(table)
        self.register_buffer("relative_position_index", relative_positions(window_size))

    def heads(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.num_heads, -1)).transpose(2, 3)

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = self.to_qkv(x).chunk(3, -1)
        query, key, value = self.heads(query), self.heads(key), self.heads(value)
        scores = torch.einsum("nwhid,nwhjd->nwhij", [query, key * self.scale])
        length = x.shape[2]
        bias = self.relative_position_bias_table[self.relative_position_index.view(-1)]
        bias = bias.view(length, length, -1).permute(2, 0, 1).contiguous()
        attention = F.softmax(scores + bias, dim=-1)
        out = torch.einsum("nwhij,nwhjd->nwhid", [attention, value])
        return self.merge(out.transpose(2, 3).reshape(x.shape))
''',
)

WINDOW_PARTITION = TorchHelper(
    "window_partition",
    '''def window_partition(x: Tensor, size: int, grid: bool = False) -> Tensor:
    """Cut a map (N, C, H, W) into windows (N, windows, size * size, C).

    Those of a grid take their pixels from all over the map, at even distances.
    """
    n, c, h, w = x.shape
    if grid:
        x = x.reshape(n, c, size, h // size, size, w // size).permute(0, 3, 5, 2, 4, 1)
    else:
        x = x.reshape(n, c, h // size, size, w // size, size).permute(0, 2, 4, 3, 5, 1)
    return x.reshape(n, h // size * (w // size), size * size, c)
''',
)

WINDOW_REVERSE = TorchHelper(
    "window_reverse",
    '''def window_reverse(x: Tensor, like: Tensor, size: int, grid: bool = False) -> Tensor:
    """Put windows (N, windows, size * size, C) together to a map as large as another."""
    n, c, h, w = x.shape[0], x.shape[3], like.shape[2], like.shape[3]
    x = x.reshape(n, h // size, w // size, size, size, c)
    order = (0, 5, 3, 1, 4, 2) if grid else (0, 5, 1, 3, 2, 4)
    return x.permute(order).reshape(n, c, h, w)
''',
)

PATCH_MERGING = TorchHelper(
    "PatchMerging",
    '''class PatchMerging(nn.Module):
    """Joins each 2 x 2 neighbours of a map (N, H, W, C), with half their features (Swin)."""

    def __init__(self, features: int, norm_first: bool = True) -> None:
        super().__init__()
        self.norm_first = norm_first
        self.reduction = nn.Linear(4 * features, 2 * features, bias=False)
        self.norm = nn.LayerNorm(4 * features if norm_first else 2 * features)

    def forward(self, x: Tensor) -> Tensor:
        x = F.pad(x, (0, 0, 0, x.shape[2] % 2, 0, x.shape[1] % 2))
        even, odd = x[:, 0::2], x[:, 1::2]
        x = torch.cat(
            [even[:, :, 0::2], odd[:, :, 0::2], even[:, :, 1::2], odd[:, :, 1::2]], -1
        )
        if self.norm_first:
            return self.reduction(self.norm(x))
        return self.norm(self.reduction(x))
''',
)
