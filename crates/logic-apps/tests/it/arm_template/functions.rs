//! Template functions, checked with the examples of their reference.

use super::{SUBSCRIPTION, value};
use serde_json::json;

/// The examples of Microsoft's articles on template functions, and cases that the articles only
/// describe.
#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn template_functions_match_the_reference() {
    let examples = [
        ("base64('one, two, three')", json!("b25lLCB0d28sIHRocmVl")),
        (
            "base64ToString('b25lLCB0d28sIHRocmVl')",
            json!("one, two, three"),
        ),
        (
            "base64ToJson(base64('{\"one\":\"a\",\"two\":\"b\"}'))",
            json!({ "one": "a", "two": "b" }),
        ),
        ("concat('prefix', '-', 1)", json!("prefix-1")),
        (
            "concat(createArray('1-1', '1-2'), createArray('2-1'))",
            json!(["1-1", "1-2", "2-1"]),
        ),
        ("contains('OneTwoThree', 'e')", json!(true)),
        ("contains('OneTwoThree', 'z')", json!(false)),
        ("contains(variables('object'), 'ONE')", json!(true)),
        ("contains(createArray('one', 'two'), 'three')", json!(false)),
        (
            "dataUri('Hello')",
            json!("data:text/plain;charset=utf8;base64,SGVsbG8="),
        ),
        (
            "dataUriToString('data:;base64,SGVsbG8sIFdvcmxkIQ==')",
            json!("Hello, World!"),
        ),
        ("empty(createObject())", json!(true)),
        ("startsWith('abcdef', 'AB')", json!(true)),
        ("endsWith('abcdef', 'e')", json!(false)),
        ("first(createArray('one', 'two', 'three'))", json!("one")),
        ("first('One Two Three')", json!("O")),
        ("last('One Two Three')", json!("e")),
        (
            "format('{0}, {1}. Formatted number: {2:N0}', 'Hello', 'User', 8175133)",
            json!("Hello, User. Formatted number: 8,175,133"),
        ),
        (
            "format('{{{0}}} {1:D3} {1}', true, 7)",
            json!("{True} 007 7"),
        ),
        ("indexOf('abcdef', 'CD')", json!(2)),
        ("lastIndexOf('test', 't')", json!(3)),
        (
            "join(createArray('one', 'two', 'three'), ',')",
            json!("one,two,three"),
        ),
        ("json('[1,2,3]')", json!([1, 2, 3])),
        ("json('null')", json!(null)),
        ("length('One Two Three')", json!(13)),
        ("length(variables('object'))", json!(3)),
        ("padLeft('123', 10, '0')", json!("0000000123")),
        ("padLeft(123, 2)", json!("123")),
        (
            "replace('123-123-1234', '1234', 'xxxx')",
            json!("123-123-xxxx"),
        ),
        (
            "skip(createArray('one', 'two', 'three'), 2)",
            json!(["three"]),
        ),
        ("skip('one two three', 4)", json!("two three")),
        ("skip('one', -1)", json!("one")),
        ("skip('one', 10)", json!("")),
        (
            "split('one;two,three', createArray(',', ';'))",
            json!(["one", "two", "three"]),
        ),
        (
            "string(createArray('a', 'b', 'c'))",
            json!("[\"a\",\"b\",\"c\"]"),
        ),
        ("substring('one two three', 4, 3)", json!("two")),
        (
            "take(createArray('one', 'two', 'three'), 2)",
            json!(["one", "two"]),
        ),
        ("take('one two three', 2)", json!("on")),
        ("take('one', 0)", json!("")),
        ("toUpper(toLower('One'))", json!("ONE")),
        ("trim('    one two three   ')", json!("one two three")),
        (
            "uri('http://contoso.org/firstpath', 'myscript.sh')",
            json!("http://contoso.org/myscript.sh"),
        ),
        (
            "uri('http://contoso.org/firstpath/', 'myscript.sh')",
            json!("http://contoso.org/firstpath/myscript.sh"),
        ),
        (
            "uriComponent('http://contoso.com/resources/nested/azuredeploy.json')",
            json!("http%3A%2F%2Fcontoso.com%2Fresources%2Fnested%2Fazuredeploy.json"),
        ),
        ("array(1)", json!([1])),
        ("array(createArray(1))", json!([1])),
        ("createArray()", json!([])),
        (
            "createObject('intProp', 1, 'arrayProp', createArray('a'))",
            json!({ "intProp": 1, "arrayProp": ["a"] }),
        ),
        (
            "intersection(variables('object'), createObject('one', 'a', 'two', 'z', 'three', 'c'))",
            json!({ "one": "a", "three": "c" }),
        ),
        (
            "intersection(createArray('one', 'two', 'three'), createArray('two', 'three'))",
            json!(["two", "three"]),
        ),
        (
            "items(variables('entities'))",
            json!([
                { "key": "item001", "value": { "enabled": true, "number": 300 } },
                { "key": "item002", "value": { "enabled": false, "number": 200 } },
            ]),
        ),
        (
            "objectKeys(variables('entities'))",
            json!(["item001", "item002"]),
        ),
        (
            "union(variables('first'), variables('second'))",
            json!({ "property": { "one": "a", "three": "c2", "four": "d" }, "nestedArray": [3, 4] }),
        ),
        (
            "union(createArray('one', 'two'), createArray('two', 'four'))",
            json!(["one", "two", "four"]),
        ),
        (
            "shallowMerge(createArray(variables('first'), variables('second')))",
            json!({ "property": { "three": "c2", "four": "d" }, "nestedArray": [3, 4] }),
        ),
        (
            "flatten(createArray(createArray(1), createArray(2, 3)))",
            json!([1, 2, 3]),
        ),
        ("tryGet(variables('first'), 'property', 'one')", json!("a")),
        ("tryGet(variables('first'), 'nestedArray', 5)", json!(null)),
        ("max(0, 3, 2, 5, 4)", json!(5)),
        ("min(createArray(0, 3, 2, 5, 4))", json!(0)),
        ("range(5, 3)", json!([5, 6, 7])),
        (
            "filter(variables('dogs'), lambda('dog', greaterOrEquals(lambdaVariables('dog').age, 5)))[1].name",
            json!("Kira"),
        ),
        (
            "filter(range(0, 10), lambda('i', equals(0, mod(lambdaVariables('i'), 2))))",
            json!([0, 2, 4, 6, 8]),
        ),
        (
            "map(variables('dogs'), lambda('dog', format('Hello {0}!', lambdaVariables('dog').name)))",
            json!(["Hello Evie!", "Hello Casper!", "Hello Indy!", "Hello Kira!"]),
        ),
        (
            "map(range(0, length(variables('dogs'))), lambda('i', createObject('i', lambdaVariables('i'), 'dog', variables('dogs')[lambdaVariables('i')].name)))[3]",
            json!({ "i": 3, "dog": "Kira" }),
        ),
        (
            "reduce(map(variables('dogs'), lambda('dog', lambdaVariables('dog').age)), 1, lambda('cur', 'next', add(lambdaVariables('cur'), lambdaVariables('next'))))",
            json!(19),
        ),
        (
            "map(sort(variables('dogs'), lambda('a', 'b', less(lambdaVariables('a').age, lambdaVariables('b').age))), lambda('dog', lambdaVariables('dog').name))",
            json!(["Indy", "Casper", "Evie", "Kira"]),
        ),
        (
            "toObject(variables('dogs'), lambda('entry', lambdaVariables('entry').name)).Indy.age",
            json!(2),
        ),
        (
            "toObject(variables('dogs'), lambda('entry', lambdaVariables('entry').name), lambda('entry', lambdaVariables('entry').age))",
            json!({ "Evie": 5, "Casper": 3, "Indy": 2, "Kira": 8 }),
        ),
        (
            "map(createArray(1, 2), lambda('x', map(createArray(10), lambda('y', add(lambdaVariables('x'), lambdaVariables('y'))))))",
            json!([[11], [12]]),
        ),
        ("not(equals(1, 2))", json!(true)),
        ("if(equals('a', 'a'), 'yes', div(1, 0))", json!("yes")),
        (
            "if(true(), null(), variables(concat('ab', 'sent')))",
            json!(null),
        ),
        ("coalesce(null(), 'x')", json!("x")),
        ("greater('A', 'a')", json!(true)),
        ("less('A', 'a')", json!(false)),
        ("div(8, 3)", json!(2)),
        ("mod(7, 3)", json!(1)),
        ("sub(7, 3)", json!(4)),
        ("int('4')", json!(4)),
        ("resourceGroup().location", json!("westeurope")),
        (
            "resourceGroup().id",
            json!(format!(
                "/subscriptions/{SUBSCRIPTION}/resourceGroups/letters"
            )),
        ),
        ("subscription().subscriptionId", json!(SUBSCRIPTION)),
        (
            "resourceId('Microsoft.Logic/workflows', 'app')",
            json!(format!(
                "/subscriptions/{SUBSCRIPTION}/resourceGroups/letters/providers/Microsoft.Logic/workflows/app"
            )),
        ),
        (
            "resourceId('other', 'Microsoft.Sql/servers/databases', 's', 'd')",
            json!(format!(
                "/subscriptions/{SUBSCRIPTION}/resourceGroups/other/providers/Microsoft.Sql/servers/s/databases/d"
            )),
        ),
        (
            "subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'x')",
            json!(format!(
                "/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/x"
            )),
        ),
        (
            "dateTimeAdd('2023-01-01 00:00:00Z', 'P1Y')",
            json!("2024-01-01T00:00:00Z"),
        ),
        (
            "dateTimeAdd('2024-01-01 00:00:00Z', 'P1Y')",
            json!("2024-12-31T00:00:00Z"),
        ),
        (
            "dateTimeAdd('2024-02-01 00:00:00Z', 'P1M')",
            json!("2024-03-02T00:00:00Z"),
        ),
        (
            "dateTimeAdd('2020-04-07 14:53:14Z', '-P9D')",
            json!("2020-03-29T14:53:14Z"),
        ),
    ];
    let wrong: Vec<String> = examples
        .into_iter()
        .filter_map(|(expression, expected)| match value(expression) {
            Ok(value) if value == expected => None,
            other => Some(format!("{expression}: {other:?} instead of {expected}")),
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn hash_functions_depend_only_on_their_arguments() {
    let text = |expression: &str| value(expression).unwrap().as_str().unwrap().to_owned();
    assert_eq!(
        text("uniqueString('a', 'b')"),
        text("uniqueString('a', 'b')")
    );
    assert_ne!(
        text("uniqueString('a', 'b')"),
        text("uniqueString('a', 'c')")
    );
    assert_eq!(text("uniqueString(resourceGroup().id)").len(), 13);
    assert_eq!(text("guid('a')").len(), 36);
    assert_ne!(text("guid('a')"), text("guid('b')"));
}
