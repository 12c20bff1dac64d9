//! Resources that use every key of the language.

macros::provider! {
    dir = "schema";
    resource appliance;
    resource seal;
    resource slot;
}
