/**
 * What the command line of a bench asks for, told in one way by all benches.
 *
 * @module
 */

/** Exit status: the options make no sense. */
export const EXIT_USAGE = 2;

/** One bench's way with its command line. */
interface CommandLine<Options> {
  readonly name: string;
  readonly usage: string;
  /** Whether it is shown behind what is wrong. */
  readonly showsUsage?: boolean;
  /** @throws {Error} an option is unknown, or its value is. */
  readonly parse: (args: readonly string[]) => Options;
}

/** The options; a number, the exit status, where all has been said already. */
export function statedOptions<Options extends { readonly help: boolean }>(
  args: readonly string[],
  commandLine: CommandLine<Options>,
): Options | number {
  let options: Options;
  try {
    options = commandLine.parse(args);
  } catch (error) {
    return refused(error, commandLine);
  }
  if (!options.help) return options;
  console.log(commandLine.usage);
  return 0;
}

/** Says what is wrong with the options. @return the exit status */
export function refused(error: unknown, { name, usage, showsUsage }: Omit<CommandLine<unknown>, "parse">): number {
  const line = `bench ${name}: ${error instanceof Error ? error.message : error}`;
  console.error(showsUsage ? `${line}\n\n${usage}` : line);
  return EXIT_USAGE;
}
