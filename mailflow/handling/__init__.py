"""The shell: gather facts, ask the rules, apply the decision in one transaction. The only room that changes cases."""
