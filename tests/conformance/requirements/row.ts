/**
 * How a row of the requirements is written down.
 *
 * @module
 */

export interface RequirementRow {
  /** Each stands for itself: several have one text where one behaviour is said in several sections. */
  readonly ids: readonly string[];
  readonly text: string;
}
