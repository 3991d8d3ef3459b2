// Starts `steelyard lsp` for open rulesets. Everything else is the server's.
const { workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

function activate() {
  const settings = workspace.getConfiguration("steelyard");
  const server = { command: settings.get("command"), args: ["lsp"] };
  client = new LanguageClient("steelyard", "Steelyard", server, {
    documentSelector: [{ language: "steelyard" }],
    initializationOptions: { language: settings.get("language") },
    synchronize: { configurationSection: "steelyard" },
  });
  return client.start();
}

function deactivate() {
  return client?.stop();
}

module.exports = { activate, deactivate };
