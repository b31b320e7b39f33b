// Evaluates IAM requests offline: an array of simulations on standard input, an array of outcomes on standard output.
// Usage: node simulate.mjs FOLDER-OF-TOOLS
import { createRequire } from 'node:module'
import { text } from 'node:stream/consumers'

const { runSimulation } = createRequire(`${process.argv[2]}/`)('@cloud-copilot/iam-simulate')
const outcomes = []
for (const simulation of JSON.parse(await text(process.stdin))) {
  const { overallResult, errors } = await runSimulation(simulation, {})
  outcomes.push(overallResult ?? JSON.stringify(errors))
}
console.log(JSON.stringify(outcomes))
