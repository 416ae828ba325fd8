/** A start that cannot be, with one message for a person that says what to do. */
export class LaunchError extends Error {}
