"""From runs to a static site. Submissions and their verification come with a later issue."""
