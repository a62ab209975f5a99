"""`import autograd` means leopard's modules where it is installed, in code or from the command line."""

import pytest

from leopard import Variable
from leopard._core import show_class_as
from tests.processes import python

LINE = "leopard: 'import autograd' means leopard.compat.autograd in this process\n"
INSTALL = "from leopard.compat.autograd import install, uninstall\n"


@pytest.fixture
def place(tmp_path):
    """A folder with a package `autograd` that cannot be imported."""
    (tmp_path / "autograd").mkdir()
    (tmp_path / "autograd" / "__init__.py").write_text("raise RuntimeError('autograd is loaded')")
    (tmp_path / "autograd" / "nonsense.py").write_text("")
    return tmp_path


def said(place, *arguments):
    """What Python writes on stdout, with these arguments; on stderr it writes the line, once."""
    done = python(*arguments, cwd=place)
    assert (done.returncode, done.stderr) == (0, LINE), done.stdout + done.stderr
    return done.stdout.splitlines()


def test_every_import_means_leopards_modules(place):
    program = INSTALL + (
        "import sys; sys.path.insert(0, '')\n"
        "install(); install()\n"
        "import autograd, autograd.numpy as np, autograd.numpy.random as npr, autograd.misc.optimizers\n"
        "from autograd import grad\n"
        "from autograd.misc import flatten\n"
        "from autograd.test_util import check_grads\n"
        "import leopard.compat.autograd as ours, leopard.compat.autograd.test_util as util\n"
        "print(autograd is ours, np is ours.numpy, autograd.numpy is np, npr is np.random)\n"
        "print(sys.modules['autograd.misc.optimizers'] is ours.misc.optimizers, grad is ours.grad)\n"
        "print(check_grads is util.check_grads)\n"
        "print(grad(lambda x: np.sum(np.tanh(x)))(np.zeros(2)))\n"
        "print({m.__spec__.name for n, m in sys.modules.items() if n.startswith('autograd')}\n"
        "      <= {m.__name__ for m in sys.modules.values()}, np.__name__)\n"
        "print([n for n, m in sys.modules.items() if n.startswith('autograd') and m is not\n"
        "      sys.modules['leopard.compat.' + n]])\n"
    )
    assert said(place, "-c", program) == [
        "True True True True",
        "True True",
        "True",
        "[1. 1.]",
        "True leopard.compat.autograd.numpy",
        "[]",
    ]


def test_a_module_that_is_imported_later_is_found(place):
    program = INSTALL + (
        "import sys\n"
        "sys.modules.pop('leopard.compat.autograd.misc.optimizers', None)\n"
        "install()\n"
        "from autograd.misc.optimizers import adam\n"
        "import leopard.compat.autograd.misc.optimizers as ours\n"
        "print(adam is ours.adam, sys.modules['autograd.misc.optimizers'] is ours)\n"
        "print(ours.__spec__.name, ours.__loader__ is ours.__spec__.loader)\n"
    )
    assert said(place, "-c", program) == [
        "True True",
        "leopard.compat.autograd.misc.optimizers True",
    ]


def test_what_is_missing_is_an_import_error_that_names_leopard(place):
    program = INSTALL + (
        "import sys; sys.path.insert(0, '')\n"
        "install()\n"
        "for line in ('import autograd.nonsense', 'from autograd import nonsense',\n"
        "             'from autograd.numpy import nonsense', 'from autograd.nonsense import thing'):\n"
        "    try:\n"
        "        exec(line)\n"
        "    except ImportError as error:\n"
        "        print('leopard.compat.autograd' in str(error), 'nonsense' in str(error), end=' ')\n"
        "        print(type(error).__name__)\n"
    )
    assert said(place, "-c", program) == [
        "True True ModuleNotFoundError",
        "True True ImportError",
        "True True ImportError",
        "True True ModuleNotFoundError",
    ]


def test_uninstall_takes_the_aliases_away(place):
    program = INSTALL + (
        "import sys; sys.path.insert(0, '')\n"
        "before = list(sys.meta_path), set(sys.modules)\n"
        "uninstall(); install()\n"
        "import autograd.numpy, autograd.misc.optimizers\n"
        "uninstall(); uninstall()\n"
        "print([n for n in sys.modules if n.split('.')[0] == 'autograd'], sys.meta_path == before[0])\n"
        "try:\n"
        "    import autograd\n"
        "except RuntimeError as error:\n"
        "    print(error)\n"
        "install()\n"
        "import autograd\n"
        "print(autograd.__name__)\n"
    )
    assert said(place, "-c", program) == ["[] True", "autograd is loaded", "leopard.compat.autograd"]


def test_autograds_modules_are_not_mixed_with_leopards(tmp_path):
    (tmp_path / "autograd.py").write_text("grad = None")
    program = INSTALL + (
        "import sys; sys.path.insert(0, '')\n"
        "import autograd\n"
        "before = list(sys.meta_path), dict(sys.modules)\n"
        "try:\n"
        "    install()\n"
        "except RuntimeError as error:\n"
        "    print(error)\n"
        "print(before[0] == sys.meta_path, sys.modules['autograd'] is autograd)\n"
    )
    done = python("-c", program, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    message, rest = done.stdout.splitlines()
    assert "autograd is imported already (autograd)" in message and "call install() before" in message
    assert rest == "True True"


def test_the_class_of_variables_is_shown_as_the_box(place):
    program = INSTALL + (
        "from leopard import Variable\n"
        "before = str(Variable)\n"
        "install()\n"
        "import copy, autograd.numpy as np\n"
        "from autograd import grad\n"
        "seen = []\n"
        "grad(lambda x: seen.append(str(type(x))) or copy.deepcopy(np.sin(x)))(1.0)\n"
        "print(*seen, type(Variable(np.ones(2))).__name__)\n"
        "uninstall()\n"
        "print(str(Variable) == before, Variable.__name__, Variable.__module__)\n"
    )
    shown, after = said(place, "-c", program)
    assert shown == "<class 'autograd.numpy.numpy_boxes.ArrayBox'> ArrayBox"
    assert after == "True Variable leopard._core"


PROGRAM = """
import sys
import autograd.numpy as np
import beside
from autograd import grad

if __name__ == "__main__":
    print(sys.argv[1:], grad.__module__, beside.x, grad(np.tanh)(0.0))
"""
SHOWN = "['-v', '3'] leopard.compat.autograd.differential_operators 7 1.0"


@pytest.mark.parametrize(
    "arguments", [("folder/program.py",), ("-m", "folder.program"), ("-c", f"import beside{PROGRAM}")]
)
def test_a_program_runs_from_the_command_line(place, arguments):
    (place / "folder").mkdir()
    (place / "folder" / "program.py").write_text(PROGRAM)
    for folder in (place, place / "folder"):
        (folder / "beside.py").write_text("x = 7")
    assert said(place, "-m", "leopard.compat.autograd", *arguments, "-v", "3") == [SHOWN]


def test_pytest_runs_a_packages_tests(place):
    (place / "test_it.py").write_text(
        "import autograd.numpy as np\n"
        "from autograd.test_util import check_grads\n"
        "def test_module():\n"
        "    assert check_grads.__module__ == 'leopard.compat.autograd.test_util'\n"
        "    assert np.__name__ == 'leopard.compat.autograd.numpy'\n"
    )
    done = python("-m", "leopard.compat.autograd", "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=place)
    assert done.returncode == 0 and "1 passed" in done.stdout, done.stdout + done.stderr
    assert done.stderr == LINE


def test_the_exit_status_is_the_programs(place):
    (place / "program.py").write_text("import sys; sys.exit(3)")
    assert python("-m", "leopard.compat.autograd", "program.py", cwd=place).returncode == 3


@pytest.mark.parametrize("arguments, status", [((), 2), (("-m",), 2), (("--help",), 0)])
def test_the_command_says_how_it_is_called(arguments, status):
    done = python("-m", "leopard.compat.autograd", *arguments)
    assert done.returncode == status and "leopard.compat.autograd program.py" in done.stderr


def test_the_class_is_shown_by_a_name_of_module_and_class_alone():
    name = Variable.__name__
    for wrong in (b"", b"Name", b"module.", b".Name", b"a.b c"):
        with pytest.raises(ValueError, match="no module and class"):
            show_class_as(wrong)
    for k in range(3):
        previous = show_class_as(bytes(f"other.Name{k}", "ascii"))
        junk = [bytes([65 + k]) * len(previous) for _ in range(1000)]  # its characters are kept
        assert Variable.__name__ == f"Name{k}" and len(junk) == 1000
        show_class_as(previous)
    assert Variable.__name__ == name == "Variable"
