#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::pkcs12(bytes));
