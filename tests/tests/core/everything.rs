//! Resources that use every key of the language.

macros::provider! {
    engine = ::provider;
    dir = "schema";
    resource appliance;
    resource seal;
    resource slot;
}
