//! Resources that use every key of the language.

use engine::codec::Codec;
use engine::hook::Hook;

struct Thing;

impl Codec for Thing {}
impl Hook for Thing {}

macros::provider! {
    dir = "../../schema/tests/every-key";
    resource appliance;
    resource gadget;
    resource seal;
    resource slot;
    resource thing with Thing;
    data_source appliance;
    data_source thing;
    data_source things;
}
