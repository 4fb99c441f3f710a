"""Commands that are functions: a parameter's annotation says what it takes, and argparse reads it.

A parameter without a default is required, `list` repeats, a flag may have an opposite: `--write/--diff`. Only the
command that was called is looked at.
"""

import argparse
import inspect
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import UnionType
from typing import Any, Literal, NoReturn, TypeVar, Union, get_args, get_origin

import msgspec

from bot.errors import UserError

Command = TypeVar("Command", bound=Callable[..., int])


class Argument(msgspec.Struct, frozen=True):
    """What stands at a place of its own; `name` is how help calls it."""

    name: str
    help: str = ""
    real: bool = False  # a path is taken without its links, as git names it
    verbatim: bool = False  # all that stands behind `--`, a command of its own


class Option(msgspec.Struct, frozen=True):
    """What stands behind a name such as `--by`, by default the parameter's; a number is `least` or more."""

    name: str = ""
    help: str = ""
    metavar: str | None = None
    least: int | None = None
    real: bool = False


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UserError(f"{message}; see `{self.prog} --help`.")


class Program:
    """Commands by their names; `help` describes all of them."""

    def __init__(self, name: str, version: str, help: str) -> None:  # noqa: A002 - as argparse says it
        self._name, self._version, self._help = name, version, help
        self._commands: dict[str, Callable[..., int]] = {}

    def command(self, function: Command) -> Command:
        """Let a function be a command: its name without a last underscore is its name, its docstring its help."""
        self._commands[function.__name__.removesuffix("_")] = function
        return function

    def run(self, arguments: list[str]) -> int:
        """The exit code of the command that is called; that of help is in a SystemExit.

        Raises:
            UserError: no command takes these arguments.
        """
        if not arguments:
            self._listing().print_help(sys.stderr)
            return 2
        function = self._commands.get(arguments[0])
        if function is None:
            self._listing().parse_args(arguments)
            raise UserError(f"name the command first; see `{self._name} --help`.")
        parser = _Parser(f"{self._name} {arguments[0]}", description=function.__doc__, allow_abbrev=False)
        parameters = list(inspect.signature(function).parameters.values())
        own, verbatim = arguments[1:], [p for p in parameters if _is_verbatim(p)]
        behind: list[str] = []
        if verbatim:
            name = get_args(verbatim[0].annotation)[1].name
            parser.usage = f"{parser.prog} [-h] [options] -- {name}"
            parser.epilog = f"{name}: {get_args(verbatim[0].annotation)[1].help}"
            position = own.index("--") if "--" in own else len(own)
            own, behind = own[:position], own[position + 1 :]
        several = [p.name for p in parameters if p not in verbatim and _add(parser, p)]
        given, rest = parser.parse_known_args(own)
        if rest and (not several or any(word.startswith("-") and word != "-" for word in rest)):
            parser.error(f"unrecognized arguments: {' '.join(rest)}")
        for name in several:  # argparse leaves out those that stand behind an option
            setattr(given, name, [*(getattr(given, name) or ()), *rest])
        return function(**vars(given), **{p.name: behind for p in verbatim})

    def _listing(self) -> argparse.ArgumentParser:
        parser = _Parser(self._name, description=self._help, allow_abbrev=False)
        parser.add_argument("--version", action="version", version=f"{self._name} {self._version}")
        commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
        for name, function in self._commands.items():
            commands.add_parser(name, help=(function.__doc__ or "").partition("\n")[0])
        return parser


def _is_verbatim(parameter: inspect.Parameter) -> bool:
    note = get_args(parameter.annotation)[1]
    return isinstance(note, Argument) and note.verbatim


def _add(parser: argparse.ArgumentParser, parameter: inspect.Parameter) -> bool:
    """Let the parser read a parameter; whether it is several words at places of their own."""
    kind, note = get_args(parameter.annotation)
    if get_origin(kind) in (Union, UnionType):
        kind = get_args(kind)[0]
    several = get_origin(kind) is list
    kind = get_args(kind)[0] if several else kind
    how: dict[str, Any] = {"help": note.help}
    if kind is not bool:
        how |= {"choices": get_args(kind)} if get_origin(kind) is Literal else {"type": _reader(kind, note)}
    required = parameter.default is inspect.Parameter.empty
    if not required:
        how["default"] = str(parameter.default) if isinstance(parameter.default, Path) else parameter.default
        if parameter.default and kind is not bool:
            how["help"] += " (default: %(default)s)"
    if isinstance(note, Argument):
        nargs = ("+" if required else "*") if several else None if required else "?"
        parser.add_argument(parameter.name, metavar=note.name, nargs=nargs, **how)
        return several
    name, _, opposite = (note.name or f"--{parameter.name.replace('_', '-')}").partition("/")
    if kind is bool:
        parser.add_argument(name, dest=parameter.name, action="store_true", **how)
        if opposite:
            parser.add_argument(opposite, dest=parameter.name, action="store_false", help="The default.")
        return False
    if "type" in how:
        how["metavar"] = note.metavar or _METAVARS[kind]
    action = "append" if several else "store"
    parser.add_argument(name, dest=parameter.name, action=action, required=required, **how)
    return False


_METAVARS = {str: "TEXT", Path: "PATH", int: "N"}


def _reader(kind: type, note: Argument | Option) -> Callable[[str], object]:
    if kind is Path and note.real:
        return lambda text: Path(os.path.realpath(text))
    if kind is int and isinstance(note, Option) and note.least is not None:
        return partial(_number, note.least)
    return kind


def _number(least: int, text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        value = least - 1
    if value < least:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from {least} on")
    return value
