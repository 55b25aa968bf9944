// What happens in the library, as the server tells it. One listener for all pages, in a worker that they share.
export {};
