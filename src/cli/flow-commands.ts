/** `sotto flows` and `sotto prompts`: what callers are asked, and what they hear. */

import type { Command } from 'commander'
import type { Cli } from './cli.ts'
import { configFileOf } from './config-file.ts'

/** Adds them to the program. */
export function addFlowCommands(program: Command, cli: Cli): void {
  const { write, shippedFolder } = cli
  const flows = program
    .command('flows')
    .description('look after flows: what callers are asked for')
    .option(
      '-c, --config <file>',
      'configuration file that names the folder; without it ./sotto.yaml when there is one',
    )
  const flowsScope = () => ({ ...flows.opts<{ config?: string }>(), shippedFolder, env: process.env })
  flows
    .command('list')
    .description('which flows there are, and which version sessions take')
    .action(async () => {
      const { flowsList } = await import('./flows.ts')
      process.exitCode = flowsList(flowsScope(), write)
    })
  flows
    .command('check')
    .description('say what is wrong with a flow, line by line')
    .argument('<flow>', 'a file, the id of a draft, or a version such as card-payment@2')
    .action(async (flow: string) => {
      const { flowsCheck } = await import('./flows.ts')
      process.exitCode = flowsCheck(flowsScope(), flow, write)
    })
  flows
    .command('publish')
    .description('check a flow and make it the version that the next sessions take')
    .argument('<flow>', 'a file, or the id of a draft')
    .action(async (flow: string) => {
      const { flowsPublish } = await import('./flows.ts')
      process.exitCode = flowsPublish(flowsScope(), flow, write)
    })
  flows
    .command('retire')
    .description('take a version from the next sessions; those that run keep it')
    .argument('<version>', 'such as card-payment@2')
    .action(async (version: string) => {
      const { flowsRetire } = await import('./flows.ts')
      process.exitCode = flowsRetire(flowsScope(), version, write)
    })
  flows
    .command('show')
    .description('print a flow as it was written')
    .argument('<flow>', 'an id, for its draft or else its newest version, or a version such as card-payment@2')
    .action(async (flow: string) => {
      const { flowsShow } = await import('./flows.ts')
      process.exitCode = flowsShow(flowsScope(), flow, write)
    })
  flows
    .command('new')
    .description('begin a draft as a copy of another flow')
    .argument('<id>', 'id of the new flow')
    .requiredOption('--from <flow>', 'id of the flow that is copied')
    .action(async (id: string, options: { from: string }) => {
      const { flowsNew } = await import('./flows.ts')
      process.exitCode = flowsNew(flowsScope(), id, options.from, write)
    })

  const prompts = program.command('prompts').description('make and check the sentences that callers hear')
  prompts
    .command('build')
    .description('synthesise every prompt whose text changed; recordings of your own are left alone')
    .option('--root <folder>', 'folder of prompts', `${shippedFolder}prompts`)
    .option('--locale <language>', 'only this language')
    .option('--force', 'synthesise all of them', false)
    .action(async (options: { root: string; locale?: string; force: boolean }) => {
      const { promptsBuild } = await import('./prompts.ts')
      process.exitCode = await promptsBuild(options, write)
    })
  prompts
    .command('check')
    .description('check format, level, length and freshness of every prompt')
    .option('--root <folder>', "folder of prompts, instead of the configuration's")
    .option('-c, --config <file>', 'configuration file that names the folder; ./sotto.yaml when there is one')
    .option('--locale <language>', 'only this language')
    .action(async ({ root, config, locale }: { root?: string; config?: string; locale?: string }) => {
      const [{ promptsCheck }, { configured }] = await Promise.all([import('./prompts.ts'), import('./configured.ts')])
      const scope = { config: configFileOf(config), shippedFolder, env: process.env }
      const folder = root ?? configured(scope, write)?.secureInput.promptsFolder
      process.exitCode = folder === undefined ? 2 : await promptsCheck({ root: folder, locale }, write)
    })
}
