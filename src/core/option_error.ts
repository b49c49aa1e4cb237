/**
 * The error about options that cannot be used, or not together. A program and a command line write an option
 * differently, so the wording takes the names from whoever shows it.
 */

/** How an option, or an option set to a value, is written: `preset`, `preset "small"`. */
export type OptionNames = (option: string, value?: string) => string;

/** Options that cannot be used. */
export class OptionError extends TypeError {
  /** The message, with options named as the reader writes them. */
  readonly wording: (name: OptionNames) => string;

  /**
   * The message names options as a program does.
   * @param wording the message as a function of the names
   */
  constructor(wording: (name: OptionNames) => string) {
    super(wording((option, value) => value === undefined ? option : `${option} "${value}"`));
    this.wording = wording;
  }
}
