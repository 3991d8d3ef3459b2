// Colours texts as VS Code does: for each token of each file its place (UTF-16 units) and its innermost scope.
// node textmate.cjs MODULES GRAMMAR FILE…
const fs = require("fs");
const path = require("path");
const [modules, grammarFile, ...files] = process.argv.slice(2);
const { loadWASM, OnigScanner, OnigString } = require(path.join(modules, "vscode-oniguruma"));
const { INITIAL, Registry, parseRawGrammar } = require(path.join(modules, "vscode-textmate"));

async function main() {
  await loadWASM(fs.readFileSync(path.join(modules, "vscode-oniguruma/release/onig.wasm")));
  const registry = new Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (patterns) => new OnigScanner(patterns),
      createOnigString: (text) => new OnigString(text),
    }),
    loadGrammar: async () => parseRawGrammar(fs.readFileSync(grammarFile, "utf8"), grammarFile),
  });
  const grammar = await registry.loadGrammar("source.steelyard");
  const coloured = files.map((file) => {
    let state = INITIAL;
    return fs.readFileSync(file, "utf8").split("\n").map((line) => {
      const result = grammar.tokenizeLine(line, state);
      state = result.ruleStack;
      return result.tokens.map((token) => [token.startIndex, token.endIndex, token.scopes.slice(1).join(" ")]);
    });
  });
  console.log(JSON.stringify(coloured));
}

main();
