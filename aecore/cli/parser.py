"""The commands and their arguments. Importing this imports no torch."""

from __future__ import annotations

import argparse
from typing import NoReturn

from aecore import __version__
from aecore.errors import InputError

PROGRAM = "python -m aecore"
EXAMPLES = f"""examples:
  {PROGRAM} train vae --dataset digits --latent-dim 2
  {PROGRAM} train denoising --dataset mnist --corruption gaussian --level 0.5 --epochs 5
  {PROGRAM} train vae --help          every flag, with its meaning, bounds and default
  {PROGRAM} datasets add FOLDER --name NAME   your own images, tables or arrays
  {PROGRAM} runs                      what there is
  {PROGRAM} runs export RUN           a run as one file, for another machine
  {PROGRAM} runs import FILE          take such a file in
  {PROGRAM} resume RUN                go on with a paused run
  {PROGRAM} evaluate RUN --json       how good it is, beside PCA
  {PROGRAM} project RUN --method umap --csv map.csv   a map of its codes, as a table
  {PROGRAM} measure RUN               how far the maps of its codes can be trusted

Ctrl-C pauses training and saves everything. AECORE_HOME sets the folder of runs, AECORE_DATA
that of data sets. Exit status: 0 worked or paused, 1 a run failed, 2 bad input."""

LISTS = {
    "variants": "list the kinds of autoencoder",
    "networks": "list the networks",
    "corruptions": "list the ways to damage the input",
}
REPORTS = {
    "columns": "tell how well each column of a table is copied, beside PCA",
    "compare": "compare runs on the same images, beside PCA with codes as long",
    "compress": "measure how small images become as codes, beside PCA, JPEG and WebP",
    "denoise": "measure how well a run undoes a damage, beside classical methods",
    "detect": "find odd images with the run, beside neighbours and densities",
    "features": "say what each unit of the code stands for",
    "levels": "the same for weaker and stronger damage",
    "reconstruct": "tell how far off the reconstructions are, class by class",
    "robustness": "what runs gain on kinds of damage that they were not trained on",
    "sweep": "tell the error over the code size, of runs alike in all else, beside PCA",
}
"""The questions about a run that can be asked here, each a report of the same name."""
JSON_HELP = "print JSON for machines"
RUN_HELP = "the run's id, as `runs` lists it"
TRAIN_HELP = "first train the code sizes that no run has: the run's own settings otherwise"


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose complaints are InputErrors, one sentence each."""

    def error(self, message: str) -> NoReturn:
        """Raises InputError."""
        text = " ".join(message.split())
        raise InputError(f"{text[:1].upper()}{text[1:]}; `{self.prog} --help` shows what goes.")


def read(argv: list[str]) -> argparse.Namespace:
    """The arguments of one command; `handler` names what runs it as module:function.

    Raises InputError for what cannot be read.
    """
    parser = Parser(
        prog=PROGRAM,
        description="Train autoencoders and look inside them.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.set_defaults(json=False)
    parser.add_argument("--version", action="version", version=f"aecore {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_data_commands(commands, argv)
    for name, text in LISTS.items():
        _command(commands, name, text, f"lists:{name}")
    _add_train(commands, argv)
    _add_run_commands(commands)
    _add_map_commands(commands, argv)
    _add_report_commands(commands, argv)
    _add_home_commands(commands)
    arguments, unknown = parser.parse_known_args(argv)
    if unknown:
        raise InputError(_unknown(unknown[0], argv))
    return arguments


Commands = argparse._SubParsersAction  # its only name, and the type that add_subparsers returns


def _command(commands: Commands[Parser], name: str, text: str, handler: str) -> Parser:
    command = commands.add_parser(
        name, help=text, description=f"{text[:1].upper()}{text[1:]}.", allow_abbrev=False
    )
    # Left out, it keeps what the command above this one set: `runs --json` and `runs export`.
    command.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=JSON_HELP)
    command.set_defaults(handler=handler)
    return command


def _add_data_commands(commands: Commands[Parser], argv: list[str]) -> None:
    text = "list the data sets, your own first"
    own = _command(commands, "datasets", text, "lists:datasets").add_subparsers(
        metavar="add|show|delete"
    )
    text = "take files of your own in as a data set"
    add = _command(own, "add", text, "data:take")
    add.add_argument("paths", nargs="+", metavar="PATH", help="files, or a folder of class folders")
    add.add_argument("--name", dest="title", metavar="NAME", help="default: the first file's name")
    add.add_argument("--as", dest="intake", metavar="INTAKE", help="which reader takes them")
    if argv[:2] == ["datasets", "add"]:
        from aecore.cli.data import add_flags  # imports torch

        add_flags(add)
    show = _command(own, "show", "what is known of a data set of your own", "data:show")
    delete = _command(own, "delete", "delete a data set of your own for good", "data:delete")
    for command in (show, delete):
        command.add_argument("name", metavar="NAME", help="such as own-…, as `datasets` lists it")


def _add_train(commands: Commands[Parser], argv: list[str]) -> None:
    command = _command(commands, "train", "train a new run", "train:train")
    if argv[:1] == ["train"]:
        from aecore.cli.flags import add_flags  # imports torch

        add_flags(command, argv[1:])


def _add_run_commands(commands: Commands[Parser]) -> None:
    resume = _command(commands, "resume", "go on with a paused run", "train:resume")
    resume.add_argument("id", metavar="RUN", help=RUN_HELP)
    _add_archive_commands(_command(commands, "runs", "list all runs, newest first", "runs:runs"))
    evaluate = _command(commands, "evaluate", "judge a run on unseen images", "runs:evaluate")
    evaluate.add_argument("id", metavar="RUN", help=RUN_HELP)
    evaluate.add_argument(
        "--split", default="test", metavar="NAME", help="train, validation or test (default: test)"
    )
    evaluate.add_argument(
        "--seed", default="0", metavar="N", help="fixes the noise on the input (default: 0)"
    )


def _add_map_commands(commands: Commands[Parser], argv: list[str]) -> None:
    project = _command(commands, "project", "draw a map of a run's images", "maps:project")
    measure = _command(commands, "measure", "say how far maps can be trusted", "maps:measure")
    for command in (project, measure):
        command.add_argument("id", metavar="RUN", help=RUN_HELP)
    if argv[:1] in (["project"], ["measure"]):
        from aecore.cli.map_flags import add_flags  # imports torch

        add_flags(project, measure)


def _add_report_commands(commands: Commands[Parser], argv: list[str]) -> None:
    for name, text in REPORTS.items():
        command = _command(commands, name, text, "reports:make")
        command.add_argument("id", metavar="RUN", help=RUN_HELP)
        command.add_argument("--csv", metavar="FILE", help="write the first table to a file")
        command.set_defaults(report=name)
        if name == "sweep":
            command.add_argument("--train", action="store_true", help=TRAIN_HELP)
            command.set_defaults(handler="sweep:sweep")
        if argv[:1] == [name]:
            from aecore.cli.reports import add_flags  # imports torch

            add_flags(command, name)


def _add_home_commands(commands: Commands[Parser]) -> None:
    text = "take run folders in that the catalogue does not know"
    _command(commands, "reindex", text, "home:reindex")
    clean = _command(commands, "clean", "delete for good what is due", "home:clean")
    clean.add_argument("--dry-run", action="store_true", help="only tell what would be deleted")


def _add_archive_commands(runs: Parser) -> None:
    commands = runs.add_subparsers(metavar="export|import")
    export = _command(commands, "export", "write a run into one file", "archives:export")
    export.add_argument("id", metavar="RUN", help=RUN_HELP)
    export.add_argument(
        "file", nargs="?", metavar="FILE", help="default: RUN.aerun.zip in the current folder"
    )
    take = _command(commands, "import", "take in a run that was exported", "archives:take")
    take.add_argument("file", metavar="FILE", help="what `runs export` wrote, or a zipped folder")


def _unknown(flag: str, argv: list[str]) -> str:
    words = [word for word in argv[:2] if not word.startswith("-")]
    command = " ".join([PROGRAM, *words[: 2 if words[:1] == ["train"] else 1]])
    return f"There is no {flag[:60]!r} here; `{command} --help` shows every flag."
