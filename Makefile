.PHONY: setup demo test check golden bench bench-face bench-tablet tablet tablet-check proof chaos

PY := .venv/bin/python

setup:
	@deploy/setup.sh

demo: setup
	@$(PY) -m kiosk demo

test: setup check
	@deploy/test.sh

check: setup
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy

golden: setup
	@$(PY) -m pytest tests/screens --golden-record

bench: setup
	@$(PY) -m bench

# The face check beside the library and against attacks; FACES: a folder with orl/ and yale/, ONNX: an embedder of the operator's.
bench-face: setup
	@$(PY) -m bench.face $(if $(FACES),--faces $(FACES)) $(if $(ONNX),--onnx $(ONNX))

# A day of visits at home, kill -9 at every step of one, and the packaged program where ``make tablet`` has built it.
bench-tablet: setup
	@$(PY) -m bench.tablet

# dist/shebao-tablet/ and a Debian package of it: the same program, on a machine without Python.  docs/tablet-build.md
tablet: setup
	@deploy/tablet.sh

# The folder is started where there is no Python, and makes one visit.
tablet-check: tablet
	@$(PY) -m bench.tablet_bundle --weigh

# Everything that could lose a fen, in full: hours of schedules, cuts and kills.  docs/reliability.md
proof: setup
	@$(PY) -m tests.proof

chaos: setup
	@$(PY) -m tests.proof.chaos
