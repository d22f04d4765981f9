// One expression a process: a line in, a line of JSON out. 'ready' says that the interpreter has come up.
const vm = require('node:vm');
const lines = require('node:readline').createInterface({ input: process.stdin });

lines.once('line', (line) => {
  let answer;
  try {
    answer = { value: vm.runInThisContext(line, { timeout: 5000 }) ?? null };
  } catch (fault) {
    answer = { error: String(fault) };
  }

  process.stdout.write(JSON.stringify(answer) + '\n');
  lines.close();
});

process.stdout.write('ready\n');
