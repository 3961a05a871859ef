//! Functions with the same arguments and results in workflows and ARM templates.

use super::{ANY, Function, collection, conversion, lazy, logical, math, text};

/// Grouped as in the function reference of workflows.
pub(super) static SHARED: &[Function] = &[
    // Strings.
    Function::eager("endsWith", 2, 2, text::ends_with),
    Function::eager("indexOf", 2, 2, text::index_of),
    Function::eager("lastIndexOf", 2, 2, text::last_index_of),
    Function::eager("replace", 3, 3, text::replace),
    Function::eager("startsWith", 2, 2, text::starts_with),
    Function::eager("substring", 2, 3, text::substring),
    Function::eager("toLower", 1, 1, text::to_lower),
    Function::eager("toUpper", 1, 1, text::to_upper),
    Function::eager("trim", 1, 1, text::trim),
    // Collections.
    Function::eager("empty", 1, 1, collection::empty),
    Function::eager("first", 1, 1, collection::first),
    Function::eager("join", 2, 2, collection::join),
    Function::eager("last", 1, 1, collection::last),
    // Comparisons.
    Function::eager("equals", 2, 2, logical::equals),
    Function::eager("greater", 2, 2, logical::greater),
    Function::eager("greaterOrEquals", 2, 2, logical::greater_or_equals),
    Function::lazy("if", 3, 3, lazy::choose),
    Function::eager("less", 2, 2, logical::less),
    Function::eager("lessOrEquals", 2, 2, logical::less_or_equals),
    Function::eager("not", 1, 1, logical::not),
    // Conversions.
    Function::eager("base64", 1, 1, conversion::base64),
    Function::eager("base64ToString", 1, 1, conversion::base64_to_string),
    Function::eager("bool", 1, 1, conversion::bool),
    Function::eager("dataUriToString", 1, 1, conversion::data_uri_to_string),
    Function::eager("int", 1, 1, conversion::int),
    Function::eager("json", 1, 1, conversion::json),
    Function::eager("string", 1, 1, conversion::string),
    Function::eager("uriComponent", 1, 1, conversion::uri_component),
    Function::eager(
        "uriComponentToString",
        1,
        1,
        conversion::uri_component_to_string,
    ),
    // Math.
    Function::eager("add", 2, 2, math::add),
    Function::eager("div", 2, 2, math::div),
    Function::eager("max", 1, ANY, math::max),
    Function::eager("min", 1, ANY, math::min),
    Function::eager("mod", 2, 2, math::modulo),
    Function::eager("mul", 2, 2, math::mul),
    Function::eager("sub", 2, 2, math::sub),
];
