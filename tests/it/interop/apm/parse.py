"""Parses configuration files with the parsers of whoever reads them, and holds them against what was meant.

Usage: parse.py MANIFEST. The manifest is a list of {"form", "file", "expected"}; `expected` maps names to values.
Prints how many were compared; exits 1 at the first that differs."""
import ast
import json
import subprocess
import sys
import xml.etree.ElementTree

import yaml


def docker_env(path):
    """As docker --env-file: a line is NAME=VALUE, raw."""
    lines = open(path, encoding="utf-8").read().split("\n")
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def shell(interpreter):
    def read(path):
        command = [interpreter, "-c", '. "$1"; env -0', interpreter, path]
        out = subprocess.run(command, env={"PATH": "/usr/bin:/bin"}, capture_output=True, check=True).stdout
        pairs = dict(pair.split("=", 1) for pair in out.decode().split("\0") if pair)
        return {name: value for name, value in pairs.items() if name.startswith("ELASTIC_APM_")}

    return read


def arguments(path):
    """`-E NAME=VALUE` words, the value read as YAML."""
    words = subprocess.run(
        ["sh", "-c", f"for word in {open(path, encoding='utf-8').read().strip()}; do printf '%s\\0' \"$word\"; done"],
        capture_output=True, check=True).stdout.decode().split("\0")[:-1]
    assert words[::2] == ["-E"] * (len(words) // 2), words
    return {name: yaml.safe_load(value) for name, value in (word.split("=", 1) for word in words[1::2])}


def python(path):
    tree = ast.parse(open(path, encoding="utf-8").read())
    [assignment] = tree.body
    assert assignment.targets[0].id == "ELASTIC_APM"
    return ast.literal_eval(assignment.value)


def node(path):
    script = "console.log(JSON.stringify(require(process.argv[1])))"
    return json.loads(subprocess.run(["node", "-e", script, path], capture_output=True, check=True).stdout)


def ruby(path):
    """As the agent: a template first, then YAML."""
    script = "require 'erb'; require 'yaml'; require 'json'; puts YAML.safe_load(ERB.new(File.read(ARGV[0], encoding: 'utf-8')).result).to_json"
    command = ["ruby", "-Ku", "-E", "UTF-8", "-e", script, path]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)


def php(path):
    script = "echo json_encode(parse_ini_file($argv[1], false, INI_SCANNER_NORMAL), JSON_UNESCAPED_SLASHES);"
    return json.loads(subprocess.run(["php", "-n", "-r", script, path], capture_output=True, check=True).stdout)


def web_config(path):
    tree = xml.etree.ElementTree.parse(path)
    return {item.get("key"): item.get("value") for item in tree.find("appSettings")}


def load_yaml(path):
    return yaml.safe_load(open(path, encoding="utf-8"))


def kubernetes(path):
    [store, pod] = yaml.safe_load_all(open(path, encoding="utf-8"))
    [container] = pod["spec"]["containers"]
    assert container["volumeMounts"][0]["name"] == pod["spec"]["volumes"][0]["name"]
    values = {item["name"]: item["value"].replace("$$(", "$(") for item in container["env"]}
    values.update(store["data"])
    return values


PARSERS = {
    "env": docker_env, "sh": shell("sh"), "bash": shell("bash"), "yaml": load_yaml, "python": python, "node": node,
    "ruby": ruby, "php": php, "json": lambda path: json.load(open(path, encoding="utf-8")),
    "environment": lambda path: json.load(open(path, encoding="utf-8"))["environment"],
    "dotnet": lambda path: json.load(open(path, encoding="utf-8"))["ElasticApm"],
    "web-config": web_config, "kubernetes": kubernetes, "args": arguments,
}

manifest = json.load(open(sys.argv[1], encoding="utf-8"))
for case in manifest:
    seen = PARSERS[case["form"]](case["file"])
    if seen != case["expected"]:
        sys.exit(f"{case['form']}: {case['file']}\n seen     {seen!r}\n expected {case['expected']!r}\n" + open(case["file"]).read())
print(len(manifest))
