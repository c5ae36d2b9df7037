"""Runs the steps of a composite action as GitHub's runner would, on this machine.

Knows action.yml, the expressions that ours uses, and the files behind GITHUB_ENV, GITHUB_PATH, GITHUB_OUTPUT and
GITHUB_STEP_SUMMARY. Plays actions/cache as one that never has anything and actions/upload-artifact as a copy into a folder.
usage: runner.py JOB.json, with: action, workspace, temp, store, github (event's context), with (inputs), env, status
Prints what the steps print, and writes JOB.json.result: outcome, steps, outputs, env, path, page.
"""
import json
import os
import re
import shutil
import subprocess
import sys

import yaml

MOST_ON_PAGE = 1024 * 1024


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        job = json.load(file)
    with open(os.path.join(job["action"], "action.yml"), encoding="utf-8") as file:
        action = yaml.safe_load(file)
    known = {"github": job["github"], "job": {"status": job.get("status", "success")}, "steps": {}}
    unknown = set(job["with"]) - set(action["inputs"])
    assert not unknown, f"no such inputs: {unknown}"
    known["inputs"] = {name: job["with"].get(name, expand(about.get("default", ""), known, True))
                       for name, about in action["inputs"].items()}
    world = {"env": dict(job["env"]), "path": [], "page": "", "failed": job.get("status") == "failure"}
    done = []
    for step in action["runs"]["steps"]:
        outcome = perform(step, known, world, job)
        if "id" in step:
            known["steps"].setdefault(step["id"], {"outputs": {}})["outcome"] = outcome
        done.append([step["name"], outcome])
        if outcome == "failure" and not step.get("continue-on-error"):
            world["failed"] = True  # job.status stays until the action has ended
    outputs = {name: expand(about["value"], known, world["failed"]) for name, about in action["outputs"].items()}
    with open(sys.argv[1] + ".result", "w", encoding="utf-8") as file:
        json.dump({"outcome": "failure" if world["failed"] else "success", "steps": done, "outputs": outputs,
                   "env": world["env"], "path": world["path"], "page": world["page"]}, file, indent=1)


def perform(step: dict, known: dict, world: dict, job: dict) -> str:
    if not wanted(step.get("if", "success()"), known, world["failed"]):
        return "skipped"
    print(f"--- {step['name']}", flush=True)
    if "uses" in step:
        return use(step["uses"], {key: expand(value, known) for key, value in step["with"].items()}, step, known, job)
    return run(step, known, world, job)


def wanted(condition: str, known: dict, failed: bool) -> bool:
    """A condition that names no status function is one of success, too."""
    text = condition.strip()
    if text.startswith("${{"):
        text = text[3:-2]
    if not re.search(r"\b(success|failure|always|cancelled)\(\)", text):
        text = f"success() && ({text})"
    return bool(evaluate(text, known, failed))


def expand(text: str, known: dict, failed: bool = False) -> str:
    return re.sub(r"\$\{\{(.*?)\}\}", lambda found: str(evaluate(found[1], known, failed)), str(text))


def evaluate(text: str, known: dict, failed: bool):
    """Enough of the language for action.yml; whatever is missing is the empty string, as there."""
    def value(found: re.Match) -> str:
        at = known
        for word in found[0].split("."):
            at = at.get(word, "") if isinstance(at, dict) else ""
        return repr(at)
    text = text.replace("&&", " and ").replace("||", " or ")
    text = re.sub(r"!(?!=)", " not ", text)
    text = re.sub(r"\b(?:github|inputs|steps|job)(?:\.[A-Za-z_-]+)+", value, text)
    calls = {"success": lambda: not failed, "failure": lambda: failed, "always": lambda: True, "cancelled": lambda: False}
    return eval(text.strip(), {"__builtins__": {}}, calls)  # ours alone, from action.yml


def use(what: str, given: dict, step: dict, known: dict, job: dict) -> str:
    name = what.split("@")[0]
    if name in ("actions/cache/restore", "actions/cache/save"):
        assert given["key"] and given["path"], given
        known["steps"].setdefault(step.get("id", what), {})["outputs"] = {}
        return "success"
    assert name == "actions/upload-artifact", f"cannot play {what}"
    there = os.path.join(job["store"], job["env"]["GITHUB_RUN_ID"], given["name"])
    if not os.listdir(given["path"]):
        return "success"
    shutil.copytree(given["path"], there)
    return "success"


def run(step: dict, known: dict, world: dict, job: dict) -> str:
    files = {name: os.path.join(job["temp"], f"_file_{name.lower()}") for name in
             ("GITHUB_ENV", "GITHUB_PATH", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    for path in files.values():
        open(path, "w", encoding="utf-8").close()
    env = {**world["env"], "GITHUB_ACTION_PATH": job["action"], "RUNNER_TEMP": job["temp"], **files}
    env["PATH"] = ":".join([*reversed(world["path"]), env["PATH"]])
    env.update({key: expand(value, known) for key, value in step.get("env", {}).items()})
    folder = os.path.join(job["workspace"], expand(step.get("working-directory", ""), known))
    assert step["shell"] == "bash", step
    script = os.path.join(job["temp"], "_step.sh")
    with open(script, "w", encoding="utf-8") as file:
        file.write(expand(step["run"], known))
    code = subprocess.run(["bash", "--noprofile", "--norc", "-eo", "pipefail", script], cwd=folder, env=env, check=False,
                          stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT).returncode
    if "id" in step:
        known["steps"][step["id"]] = {"outputs": pairs(files["GITHUB_OUTPUT"])}
    world["env"].update(pairs(files["GITHUB_ENV"]))
    with open(files["GITHUB_PATH"], encoding="utf-8") as file:
        world["path"] += file.read().split("\n")[:-1]
    with open(files["GITHUB_STEP_SUMMARY"], encoding="utf-8") as file:
        page = file.read()
    assert len(page.encode()) <= MOST_ON_PAGE, f"a page of {len(page.encode())} bytes is not shown"
    world["page"] += page
    return "failure" if code else "success"


def pairs(path: str) -> dict:
    """NAME=VALUE, or NAME<<MARK, lines, MARK."""
    found, mark, name, lines = {}, None, "", []
    with open(path, encoding="utf-8") as file:
        for line in file.read().split("\n")[:-1]:
            if mark is None and "<<" in line:
                name, mark = line.split("<<", 1)
                lines = []
            elif mark is None:
                name, value = line.split("=", 1)
                found[name] = value
            elif line == mark:
                found[name], mark = "\n".join(lines), None
            else:
                lines.append(line)
    assert mark is None, f"{name} has no end"
    return found


main()
