//! Which functions ARM templates have, beside those of [`SHARED`](super::shared_table::SHARED).
//!
//! Those that ask about the deployment, such as `parameters`, belong to the environment.

use super::{ANY, Function, collection, format, lambda, logical, template, time};

/// By the articles on template functions.
pub(super) static TEMPLATE: &[Function] = &[
    // Texts.
    Function::eager("base64ToJson", 1, 1, template::base64_to_json),
    Function::eager("concat", 1, ANY, template::concat),
    Function::eager("dataUri", 1, 1, template::data_uri),
    Function::eager("format", 2, ANY, format::format),
    Function::eager("guid", 1, ANY, template::guid),
    Function::eager("padLeft", 2, 3, template::pad_left),
    Function::eager("split", 2, 2, template::split),
    Function::eager("uniqueString", 1, ANY, template::unique_string),
    Function::eager("uri", 2, 2, template::uri),
    // Arrays and objects.
    Function::eager("array", 1, 1, template::array),
    Function::eager("contains", 2, 2, template::contains),
    Function::eager("createArray", 0, ANY, collection::create_array),
    Function::eager("createObject", 0, ANY, template::create_object),
    Function::eager("flatten", 1, 1, template::flatten),
    Function::eager("intersection", 2, ANY, collection::intersection),
    Function::eager("items", 1, 1, template::items),
    Function::eager("length", 1, 1, template::length),
    Function::eager("null", 0, 0, template::null),
    Function::eager("objectKeys", 1, 1, template::object_keys),
    Function::eager("range", 2, 2, template::range),
    Function::eager("shallowMerge", 1, 1, template::shallow_merge),
    Function::eager("skip", 2, 2, template::skip),
    Function::eager("take", 2, 2, template::take),
    Function::eager("tryGet", 2, ANY, template::try_get),
    Function::eager("union", 2, ANY, template::union),
    // Lambdas.
    Function::lazy("filter", 2, 2, lambda::filter),
    Function::lazy("lambda", 1, ANY, lambda::lambda),
    Function::lazy("lambdaVariables", 1, 1, lambda::lambda_variables),
    Function::lazy("map", 2, 2, lambda::map),
    Function::lazy("reduce", 3, 3, lambda::reduce),
    Function::lazy("sort", 2, 2, lambda::sort),
    Function::lazy("toObject", 2, 3, lambda::to_object),
    // Comparisons and logic.
    Function::eager("and", 2, ANY, logical::and),
    Function::eager("coalesce", 1, ANY, logical::coalesce),
    Function::eager("false", 0, 0, template::no),
    Function::eager("or", 2, ANY, logical::or),
    Function::eager("true", 0, 0, template::yes),
    // Dates.
    Function::eager("dateTimeAdd", 2, 3, time::date_time_add),
    // Of the service, but not of this interpreter.
    Function::refused("cidrHost"),
    Function::refused("cidrSubnet"),
    Function::refused("copyIndex"),
    Function::refused("dateTimeFromEpoch"),
    Function::refused("dateTimeToEpoch"),
    Function::refused("deployer"),
    Function::refused("deployment"),
    Function::refused("environment"),
    Function::refused("extensionResourceId"),
    Function::refused("groupBy"),
    Function::refused("indexFromEnd"),
    Function::refused("list"),
    Function::refused("listAccountSas"),
    Function::refused("listCallbackUrl"),
    Function::refused("listKeys"),
    Function::refused("listSecrets"),
    Function::refused("managementGroup"),
    Function::refused("managementGroupResourceId"),
    Function::refused("mapValues"),
    Function::refused("parseCidr"),
    Function::refused("pickZones"),
    Function::refused("providers"),
    Function::refused("reference"),
    Function::refused("references"),
    Function::refused("tenant"),
    Function::refused("tenantResourceId"),
];
