//! What is done with stores: import, bundle, list, ...: pure functions on the model.
