"""What an agent is told before ShortcutsBench's static steps: upstream's information in words of our own."""

POLICY = """\
# One action at a time

You build a shortcut for Apple's Shortcuts app that does what a user asks for. At each step you are shown the APIs that
you can use, the request, and the actions that the shortcut consists of so far. Think about what is still missing, and
name the next action with its parameters. Once it is done you are asked again, until the request is fulfilled.

An API is shown as its identifier with its parameters, their types and defaults, and the name and type of its output,
followed by what is known about them.

# How to answer

With one JSON object and nothing else; all names in double quotes, no code fence:

{
  "Thought": "what has to be done next, and why",
  "WFWorkflowActionIdentifier": "one of the identifiers that you were shown",
  "WFWorkflowActionParameters": {"name of a parameter": "its value"}
}

When nothing is left to do, answer {"WFWorkflowActionIdentifier": "Finish", "WFWorkflowActionParameters": {}}.

# Values of parameters

1. Plain ones: a string (String and Enum), an integer (Integer), a decimal number (Float), true or false (Bool).
   `"WFEncodeMode": "Decode"`
2. The output of an earlier action, by its UUID and its OutputName.
   `"WFInput": {"Value": {"Type": "ActionOutput", "OutputUUID": "6D2A…", "OutputName": "Text"}}`
3. What only the system or the user can give when the shortcut runs: the content that it was started with
   (ExtensionInput), the date (CurrentDate), the clipboard (Clipboard), facts about the device (DeviceDetails), or a
   question to the user (Ask). Ask where the request leaves open what only the user knows.
   `"WFInput": {"Value": {"Type": "Clipboard"}}`
4. A variable that an earlier action has set, by its name.
   `"WFInput": {"Value": {"Type": "Variable", "VariableName": "Total"}}`
5. Text with any of these in it: ${Value1}, ${Value2}, … mark their places.
   `"WFText": {"Value": {"string": "Hello ${Value1}!", "attachmentsByRange": {"Value1": {"Type": "Variable",
   "VariableName": "Name"}}}}`
6. A part of such a value: a property of it, or a key of a dictionary.
   `"WFInput": {"Value": {"Type": "ActionOutput", "OutputUUID": "6D2A…", "OutputName": "Event", "Aggrandizements":
   [{"Type": "WFPropertyVariableAggrandizement", "PropertyName": "Title"}]}}`
   A key: `{"Type": "WFDictionaryValueVariableAggrandizement", "DictionaryKey": "id"}`

# Blocks

is.workflow.actions.conditional, is.workflow.actions.choosefrommenu, is.workflow.actions.repeat.count and
is.workflow.actions.repeat.each come in twos or more: actions that share a GroupingIdentifier begin a block, divide it
into branches and end it, as their WFControlFlowMode says.
"""
