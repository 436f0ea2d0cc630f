/** What a person has to be told, without a stack. */
export class BuildFailure extends Error {
  override readonly name = "BuildFailure";
}
