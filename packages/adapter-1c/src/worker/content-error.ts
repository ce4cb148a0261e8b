/** A readable file that cannot be taken. The message is for the administrator of 1C. */
export class ContentError extends Error {}
