// Starts wheelpin: turns the task's inputs into its environment variables, and run.py does the rest.
"use strict";

const { spawn, spawnSync } = require("node:child_process");
const path = require("node:path");

const PYTHONS = ["python3", "python", "python3.14", "python3.13", "python3.12", "python3.11", "py"];
const OLDEST = "import sys; sys.exit(sys.version_info < (3, 11))";
const { inputs } = require("./task.json");

/** The value of an input; the agent hands it on under its name in capitals. */
function input(name) {
  return (process.env[`INPUT_${name.toUpperCase()}`] ?? "").trim();
}

/** The variable of an option: noBuild is WHEELPIN_NO_BUILD. */
function variable(name) {
  return "WHEELPIN_" + name.replace(/[A-Z]/g, (letter) => "_" + letter).toUpperCase();
}

/** The variables of the job, but for what the agent hands to the task alone: inputs, connections, secrets. */
function variables() {
  const own = ([name]) => !/^(INPUT|ENDPOINT|SECRET|SECUREFILE)_/i.test(name);
  return Object.fromEntries(Object.entries(process.env).filter(own));
}

/** Everything that wheelpin is told; an input that is not given leaves the pipeline's own variable. */
function environment() {
  const env = variables();
  for (const { name } of inputs) {
    const value = input(name);
    if (name !== "serviceConnection" && value && value !== "false") {
      env[variable(name)] = value;
    }
  }
  const id = input("serviceConnection");
  if (id) {
    env.AZURESUBSCRIPTION_SERVICE_CONNECTION_ID = id;
    env.AZURESUBSCRIPTION_CLIENT_ID = process.env[`ENDPOINT_AUTH_PARAMETER_${id}_SERVICEPRINCIPALID`];
    env.AZURESUBSCRIPTION_TENANT_ID = process.env[`ENDPOINT_AUTH_PARAMETER_${id}_TENANTID`];
  }
  env.SYSTEM_ACCESSTOKEN ??= process.env.ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN;
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined));
}

function main() {
  const python = PYTHONS.find((name) => spawnSync(name, ["-c", OLDEST], { stdio: "ignore" }).status === 0);
  if (!python) {
    console.log("##vso[task.logissue type=error]wheelpin needs Python 3.11 or newer: set one up in a task before");
    process.exitCode = 2;
    return;
  }
  const script = path.join(__dirname, "run.py");
  const child = spawn(python, ["-I", script], { env: environment(), stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.on(signal, () => child.kill(signal));
  }
  child.on("exit", (code) => {
    // The agent reads the result from this command, and not from the exit code alone.
    console.log(`##vso[task.complete result=${code === 0 ? "Succeeded" : "Failed"}]`);
    process.exitCode = code ?? 1;
  });
}

main();
